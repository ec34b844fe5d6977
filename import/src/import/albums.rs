//! The photos that wait for their parents, reviews or answers: put aside by partitions of the
//! parents' ids, brought back a partition at a time, given out as the album of one parent. At most
//! two partitions are in memory. How a row holds its album is the room's.

use super::encode::{Encoder, json_string};
use super::index::IdSet;
use super::repairs::{RepairCounts, Repairs};
use super::rows::CLIP_BYTES;
use super::spill::{Spill, partition_of};
use anyhow::ensure;
use std::io::Write;
use std::ops::Range;

/// The most that the photos of one partition, 65,536 parents, may take, in bytes.
const PARTITION_BYTES_MAX: usize = 256 << 20;

/// A photo as it was put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Photo<'a> {
    pub parent_id: i32,
    pub id: i32,
    pub line: u64,
    pub repairs: Repairs,
    pub url: &'a [u8],
}

impl<'a> Photo<'a> {
    fn write(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.parent_id.to_le_bytes());
        into.extend_from_slice(&self.id.to_le_bytes());
        into.extend_from_slice(&self.line.to_le_bytes());
        into.push(self.repairs.bits());
        into.extend_from_slice(&self.url.len().to_le_bytes());
        into.extend_from_slice(self.url);
    }

    /// The first photo of `items`, which then hold the others; `None` when there is none.
    fn take(items: &mut &'a [u8]) -> Option<Self> {
        let (parent_id, rest) = items.split_first_chunk()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (line, rest) = rest.split_first_chunk()?;
        let ([repairs], rest) = rest.split_first_chunk()?;
        let (url_bytes, rest) = rest.split_first_chunk()?;
        let (url, rest) = rest.split_at_checked(usize::from_le_bytes(*url_bytes))?;
        *items = rest;
        Some(Self {
            parent_id: i32::from_le_bytes(*parent_id),
            id: i32::from_le_bytes(*id),
            line: u64::from_le_bytes(*line),
            repairs: Repairs::from_bits(*repairs),
            url,
        })
    }

    /// The row that it was, clipped, for the rejects.
    pub fn write_row(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(format!("{},{},\"", self.id, self.parent_id).as_bytes());
        into.extend_from_slice(self.url);
        into.push(b'"');
        into.truncate(CLIP_BYTES);
    }
}

/// A photo in memory; its address lies in its partition's bytes.
#[derive(Debug)]
struct Entry {
    parent_id: i32,
    id: i32,
    repairs: Repairs,
    url: Range<usize>,
}

/// A partition in memory, its entries in the order of parents and then of photos.
#[derive(Debug)]
struct Loaded {
    partition: usize,
    items: Vec<u8>,
    entries: Vec<Entry>,
}

/// The photos of one parent, in the order of their ids.
#[derive(Clone, Copy, Debug, Default)]
pub struct Album<'a> {
    items: &'a [u8],
    entries: &'a [Entry],
}

impl<'a> Album<'a> {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn ids(&self) -> impl ExactSizeIterator<Item = i32> {
        self.entries.iter().map(|entry| entry.id)
    }

    pub fn urls(&self) -> impl ExactSizeIterator<Item = &'a [u8]> {
        self.entries.iter().map(|entry| &self.items[entry.url.clone()])
    }

    /// Appends a field of JSON, `[{"id":1,"url":"…"}]`, or a null when there is no photo.
    pub fn append_json(&self, to: &mut Encoder) {
        if self.is_empty() {
            to.null();
            return;
        }
        to.text_with(|into| {
            let mut lead = b'[';
            for (id, url) in self.ids().zip(self.urls()) {
                into.push(lead);
                lead = b',';
                // Writing to a vector cannot fail.
                let _ = write!(into, "{{\"id\":{id},\"url\":");
                json_string(url, into);
                into.push(b'}');
            }
            into.push(b']');
        });
    }

    /// Appends a field of the ids and one of the addresses, two nulls when there is no photo.
    pub fn append_arrays(&self, to: &mut Encoder) {
        if self.is_empty() {
            to.null();
            to.null();
            return;
        }
        to.int_array(self.ids());
        to.text_array(self.urls());
    }
}

/// All photos of one kind of parent.
#[derive(Debug, Default)]
pub struct Albums {
    spill: Spill,
    /// A partition is in the slot of its lowest bit: neighbours can be there together.
    slots: [Option<Loaded>; 2],
    /// How many photos of each partition have found their parent.
    matched: Vec<u64>,
    repaired: u64,
    repairs: RepairCounts,
}

impl Albums {
    /// Puts a photo aside.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub fn add(&mut self, photo: Photo<'_>) -> anyhow::Result<()> {
        self.spill.add(partition_of(photo.parent_id), |into| photo.write(into))
    }

    /// Whether parents of this partition have photos.
    pub fn any_in(&self, partition: usize) -> bool {
        self.spill.items(partition) > 0
    }

    /// The album of a parent, which must not be asked for again: its photos count as loaded.
    ///
    /// # Errors
    /// When photos cannot be read back.
    pub fn take(&mut self, parent_id: i32) -> anyhow::Result<Album<'_>> {
        let partition = partition_of(parent_id);
        if !self.any_in(partition) {
            return Ok(Album::default());
        }
        let slot = &mut self.slots[partition % 2];
        // The old one goes first, so that two of one slot are never in memory together.
        slot.take_if(|loaded| loaded.partition != partition);
        let loaded = match slot {
            Some(loaded) => loaded,
            None => slot.insert(load(&self.spill, partition)?),
        };
        let start = loaded.entries.partition_point(|entry| entry.parent_id < parent_id);
        let of_parent = &loaded.entries[start..];
        let count = of_parent.iter().take_while(|entry| entry.parent_id == parent_id).count();
        let album = Album { items: &loaded.items, entries: &of_parent[..count] };
        if self.matched.len() <= partition {
            self.matched.resize(partition + 1, 0);
        }
        self.matched[partition] += count as u64;
        for entry in album.entries {
            self.repaired += u64::from(entry.repairs.any());
            self.repairs.add(entry.repairs);
        }
        Ok(album)
    }

    /// Hands every photo to `each` whose parent is not among `parents`.
    ///
    /// # Errors
    /// When photos cannot be read back, or `each` fails.
    pub fn orphans(
        &self,
        parents: &IdSet,
        mut each: impl FnMut(Photo<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        for partition in 0..self.spill.partitions() {
            let matched = self.matched.get(partition).copied().unwrap_or(0);
            if matched == self.spill.items(partition) {
                continue;
            }
            let mut chunk = 0;
            bytes.clear();
            while self.spill.read(partition, chunk, &mut bytes)? {
                let mut items = &bytes[..];
                while let Some(photo) = Photo::take(&mut items) {
                    if !parents.contains(photo.parent_id) {
                        each(photo)?;
                    }
                }
                chunk += 1;
                bytes.clear();
            }
        }
        Ok(())
    }

    /// How many photos have found their parent.
    pub fn loaded(&self) -> u64 {
        self.matched.iter().sum()
    }

    /// How many of those were repaired.
    pub fn repaired(&self) -> u64 {
        self.repaired
    }

    /// The repairs of those.
    pub fn repairs(&self) -> &RepairCounts {
        &self.repairs
    }
}

fn load(spill: &Spill, partition: usize) -> anyhow::Result<Loaded> {
    let bytes = spill.bytes(partition);
    ensure!(
        bytes <= PARTITION_BYTES_MAX,
        "the photos of the ids {} to {} take more than {} MiB",
        partition << 16,
        (partition << 16) + 0xffff,
        PARTITION_BYTES_MAX >> 20
    );
    let mut items = Vec::with_capacity(bytes);
    let mut chunk = 0;
    while spill.read(partition, chunk, &mut items)? {
        chunk += 1;
    }
    let mut entries = Vec::new();
    let mut rest = &items[..];
    while let Some(Photo { parent_id, id, repairs, url, .. }) = Photo::take(&mut rest) {
        let end = items.len() - rest.len();
        entries.push(Entry { parent_id, id, repairs, url: end - url.len()..end });
    }
    entries.sort_unstable_by_key(|entry| (entry.parent_id, entry.id));
    Ok(Loaded { partition, items, entries })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::index::Budget;
    use crate::import::repairs::Repair;

    fn json(albums: &mut Albums, parent_id: i32) -> Option<String> {
        let mut to = Encoder::default();
        albums.take(parent_id).unwrap().append_json(&mut to);
        let (length, text) = to.bytes.split_first_chunk().unwrap();
        let length = i32::from_be_bytes(*length);
        let text = String::from_utf8(text.to_vec()).unwrap();
        (length >= 0).then_some(text)
    }

    #[test]
    fn photos_find_their_parent_in_the_order_of_their_ids() {
        let mut albums = Albums::default();
        let mut repaired = Repairs::default();
        repaired.note(Repair::Utf8);
        for (id, parent_id, repairs, url) in [
            (9, 5, Repairs::default(), "https://b"),
            (7, 5, repaired, "a\"\\b"),
            (8, 70_000, Repairs::default(), "c"),
            (3, 6, repaired, "never asked for"),
        ] {
            albums.add(Photo { parent_id, id, line: 2, repairs, url: url.as_bytes() }).unwrap();
        }
        let first = r#"[{"id":7,"url":"a\"\\b"},{"id":9,"url":"https://b"}]"#;
        assert_eq!(json(&mut albums, 5).as_deref(), Some(first));
        assert_eq!(json(&mut albums, 70_000).as_deref(), Some(r#"[{"id":8,"url":"c"}]"#));
        assert_eq!(json(&mut albums, 4), None);
        assert_eq!(json(&mut albums, 1 << 20), None);
        assert_eq!((albums.loaded(), albums.repaired()), (3, 1));

        let mut parents = IdSet::new(&Budget::new());
        for id in [4, 5, 70_000] {
            parents.insert(id).unwrap();
        }
        let mut orphans = Vec::new();
        let keep = |photo: Photo<'_>| {
            photo.write_row(&mut orphans);
            Ok(())
        };
        albums.orphans(&parents, keep).unwrap();
        assert_eq!(String::from_utf8(orphans).unwrap(), "3,6,\"never asked for\"");
    }

    #[test]
    fn an_album_is_two_arrays_in_step_or_two_nulls() {
        let mut albums = Albums::default();
        for (id, url) in [(9, b"b"), (7, b"a")] {
            let repairs = Repairs::default();
            albums.add(Photo { parent_id: 5, id, line: 2, repairs, url }).unwrap();
        }
        let album = albums.take(5).unwrap();
        let (mut found, mut expected) = (Encoder::default(), Encoder::default());
        album.append_arrays(&mut found);
        expected.int_array([7, 9].into_iter());
        expected.text_array([&b"a"[..], b"b"].into_iter());
        assert_eq!(found.bytes, expected.bytes);

        let mut found = Encoder::default();
        albums.take(6).unwrap().append_arrays(&mut found);
        assert_eq!(found.bytes, [255; 8]);
    }
}
