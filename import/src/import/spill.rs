//! Items put aside in a temporary file, by partition, and read back a partition at a time, so that
//! rows can meet their parents in constant memory whatever order the files are in. What the
//! items are is the caller's.

use super::index::index;
use anyhow::Context;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Ids that share a partition have the same bits above these.
const PARTITION_BITS: u32 = 16;

/// A partition's items are written when this many bytes of them have gathered.
const CHUNK_BYTES: usize = 32 << 10;

/// The most that wait in memory over all partitions, in bytes.
const BUFFERED_BYTES_MAX: usize = 16 << 20;

/// The partition of a row that belongs to this id.
pub fn partition_of(id: i32) -> usize {
    index(id >> PARTITION_BITS)
}

#[derive(Debug)]
struct Chunk {
    offset: u64,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Partition {
    buffer: Vec<u8>,
    chunks: Vec<Chunk>,
    items: u64,
}

/// Items by partition. Small spills never touch the disk.
#[derive(Debug, Default)]
pub struct Spill {
    file: Option<File>,
    file_bytes: u64,
    partitions: Vec<Partition>,
    buffered_bytes: usize,
}

impl Spill {
    /// Puts the item that `write` appends aside.
    ///
    /// # Errors
    /// When the temporary file cannot be made or written.
    pub fn add(
        &mut self,
        partition: usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> anyhow::Result<()> {
        if partition >= self.partitions.len() {
            self.partitions.resize_with(partition + 1, Partition::default);
        }
        let into = &mut self.partitions[partition];
        let before = into.buffer.len();
        write(&mut into.buffer);
        into.items += 1;
        let now = into.buffer.len();
        self.buffered_bytes += now - before;
        if now >= CHUNK_BYTES {
            self.flush(partition)?;
        } else if self.buffered_bytes > BUFFERED_BYTES_MAX {
            self.flush_largest()?;
        }
        Ok(())
    }

    /// One past the last partition that has items.
    pub fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// How many items a partition has.
    pub fn items(&self, partition: usize) -> u64 {
        self.partitions.get(partition).map_or(0, |partition| partition.items)
    }

    /// How many bytes its items are.
    pub fn bytes(&self, partition: usize) -> usize {
        self.partitions.get(partition).map_or(0, |partition| {
            let written: usize = partition.chunks.iter().map(|chunk| chunk.bytes).sum();
            written + partition.buffer.len()
        })
    }

    /// Appends the items of a partition's chunk, counted from 0, to `into`: whole items in the
    /// order they were put aside. `false` past the last chunk.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn read(&self, partition: usize, chunk: usize, into: &mut Vec<u8>) -> anyhow::Result<bool> {
        let Some(partition) = self.partitions.get(partition) else { return Ok(false) };
        if let (Some(chunk), Some(file)) = (partition.chunks.get(chunk), &self.file) {
            let start = into.len();
            into.resize(start + chunk.bytes, 0);
            file.read_exact_at(&mut into[start..], chunk.offset)
                .with_context(|| format!("cannot read a temporary file in {}", directory()))?;
            return Ok(true);
        }
        let last = chunk == partition.chunks.len() && !partition.buffer.is_empty();
        if last {
            into.extend_from_slice(&partition.buffer);
        }
        Ok(last)
    }

    /// Writes the fullest half of the partitions: all that hold at least half of what the fullest
    /// holds, so that looking for them is paid by much that is written.
    fn flush_largest(&mut self) -> anyhow::Result<()> {
        let largest = self.partitions.iter().map(|partition| partition.buffer.len()).max();
        let enough = largest.unwrap_or(0).div_ceil(2).max(1);
        for partition in 0..self.partitions.len() {
            if self.partitions[partition].buffer.len() >= enough {
                self.flush(partition)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, partition: usize) -> anyhow::Result<()> {
        if self.file.is_none() {
            let file = tempfile::tempfile();
            self.file = Some(file.with_context(|| trouble("make"))?);
        }
        let from = &mut self.partitions[partition];
        // The buffer's memory goes back too: thousands of empty ones would add up.
        let buffer = std::mem::take(&mut from.buffer);
        if let Some(file) = &self.file {
            file.write_all_at(&buffer, self.file_bytes).with_context(|| trouble("write"))?;
        }
        from.chunks.push(Chunk { offset: self.file_bytes, bytes: buffer.len() });
        self.file_bytes += buffer.len() as u64;
        self.buffered_bytes -= buffer.len();
        Ok(())
    }
}

fn directory() -> String {
    std::env::temp_dir().display().to_string()
}

fn trouble(doing: &str) -> String {
    let directory = directory();
    format!("cannot {doing} a temporary file in {directory}; set TMPDIR to one with more room")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(spill: &Spill, partition: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut chunk = 0;
        while spill.read(partition, chunk, &mut bytes).unwrap() {
            chunk += 1;
        }
        bytes
    }

    #[test]
    fn items_come_back_by_partition_in_order() {
        arbtest::arbtest(|u| {
            let mut spill = Spill::default();
            let mut expected: Vec<Vec<u8>> = vec![Vec::new(); 3];
            for item in 0..u.int_in_range(0..=60)? {
                let partition = u.choose_index(3)?;
                let length = *u.choose(&[1, 500, 20_000, 40_000])?;
                spill.add(partition, |into| into.resize(into.len() + length, item)).unwrap();
                let resized = expected[partition].len() + length;
                expected[partition].resize(resized, item);
            }
            for (partition, bytes) in expected.iter().enumerate() {
                assert!(all(&spill, partition) == *bytes);
                assert_eq!(spill.bytes(partition), bytes.len());
            }
            assert!(all(&spill, 3).is_empty());
            Ok(())
        });
    }

    #[test]
    fn many_partitions_stay_within_the_memory_bound() {
        let mut spill = Spill::default();
        let item = [7; 3000];
        for round in 0..4 {
            for partition in 0..4000 {
                spill.add(partition, |into| into.extend_from_slice(&item)).unwrap();
                assert!(spill.buffered_bytes <= BUFFERED_BYTES_MAX + item.len());
            }
            assert_eq!(spill.items(17), round + 1);
        }
        assert_eq!(all(&spill, 3999), item.repeat(4));
        assert!(spill.file_bytes > 0);
    }

    #[test]
    fn ids_share_a_partition_by_their_upper_bits() {
        let ids = [1, 65_535, 65_536, i32::MAX];
        assert_eq!(ids.map(partition_of), [0, 0, 1, 32_767]);
    }
}
