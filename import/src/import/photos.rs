//! The photos that wait for their reviews: put aside by partitions of review ids, brought back a
//! partition at a time, given out as the JSON that a review's row holds. At most two partitions
//! are in memory.

use super::encode::{Encoder, json_string};
use super::index::IdSet;
use super::repairs::{RepairCounts, Repairs};
use super::rows::CLIP_BYTES;
use super::spill::{Spill, partition_of};
use anyhow::ensure;
use std::io::Write;

/// The most that the photos of one partition, 65,536 reviews, may take, in bytes.
const PARTITION_BYTES_MAX: usize = 256 << 20;

/// A photo as it was put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Photo<'a> {
    pub review_id: i32,
    pub id: i32,
    pub line: u64,
    repairs: Repairs,
    url: &'a [u8],
}

impl<'a> Photo<'a> {
    fn write(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.review_id.to_le_bytes());
        into.extend_from_slice(&self.id.to_le_bytes());
        into.extend_from_slice(&self.line.to_le_bytes());
        into.push(self.repairs.bits());
        into.extend_from_slice(&self.url.len().to_le_bytes());
        into.extend_from_slice(self.url);
    }

    /// The first photo of `items`, which then hold the others; `None` when there is none.
    fn take(items: &mut &'a [u8]) -> Option<Self> {
        let (review_id, rest) = items.split_first_chunk()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (line, rest) = rest.split_first_chunk()?;
        let ([repairs], rest) = rest.split_first_chunk()?;
        let (url_bytes, rest) = rest.split_first_chunk()?;
        let (url, rest) = rest.split_at_checked(usize::from_le_bytes(*url_bytes))?;
        *items = rest;
        Some(Self {
            review_id: i32::from_le_bytes(*review_id),
            id: i32::from_le_bytes(*id),
            line: u64::from_le_bytes(*line),
            repairs: Repairs::from_bits(*repairs),
            url,
        })
    }

    /// The row that it was, clipped, for the rejects.
    pub fn write_row(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(format!("{},{},\"", self.id, self.review_id).as_bytes());
        into.extend_from_slice(self.url);
        into.push(b'"');
        into.truncate(CLIP_BYTES);
    }
}

/// Where a photo lies in its partition's bytes.
#[derive(Debug)]
struct Entry {
    review_id: i32,
    id: i32,
    offset: usize,
}

/// A partition in memory, its entries in the order of reviews and then of photos.
#[derive(Debug)]
struct Loaded {
    partition: usize,
    items: Vec<u8>,
    entries: Vec<Entry>,
}

/// All photos of an import.
#[derive(Debug, Default)]
pub struct Photos {
    spill: Spill,
    /// A partition is in the slot of its lowest bit: neighbours can be there together.
    slots: [Option<Loaded>; 2],
    /// How many photos of each partition have found their review.
    matched: Vec<u64>,
    repaired: u64,
    repairs: RepairCounts,
}

impl Photos {
    /// Puts a photo aside.
    ///
    /// # Errors
    /// When the temporary file cannot be written.
    pub fn add(
        &mut self,
        id: i32,
        review_id: i32,
        line: u64,
        repairs: Repairs,
        url: &[u8],
    ) -> anyhow::Result<()> {
        let photo = Photo { review_id, id, line, repairs, url };
        self.spill.add(partition_of(review_id), |into| photo.write(into))
    }

    /// Appends the photos of a review, which must not be asked for again, as a field: JSON in the
    /// order of the photos' ids, or null when there is none.
    ///
    /// # Errors
    /// When photos cannot be read back.
    pub fn field(&mut self, review_id: i32, to: &mut Encoder) -> anyhow::Result<()> {
        let partition = partition_of(review_id);
        if self.spill.items(partition) == 0 {
            to.null();
            return Ok(());
        }
        let loaded = match &mut self.slots[partition % 2] {
            Some(loaded) if loaded.partition == partition => loaded,
            // The old one goes first, so that two of one slot are never in memory together.
            slot => {
                *slot = None;
                slot.insert(load(&self.spill, partition)?)
            }
        };
        let start = loaded.entries.partition_point(|entry| entry.review_id < review_id);
        let of_review = &loaded.entries[start..];
        let count = of_review.iter().take_while(|entry| entry.review_id == review_id).count();
        if count == 0 {
            to.null();
            return Ok(());
        }
        if self.matched.len() <= partition {
            self.matched.resize(partition + 1, 0);
        }
        self.matched[partition] += count as u64;
        to.text_with(|into| {
            let mut lead = b'[';
            for entry in &of_review[..count] {
                let mut item = &loaded.items[entry.offset..];
                let Some(photo) = Photo::take(&mut item) else { continue };
                into.push(lead);
                lead = b',';
                // Writing to a vector cannot fail.
                let _ = write!(into, "{{\"id\":{},\"url\":", photo.id);
                json_string(photo.url, into);
                into.push(b'}');
                self.repaired += u64::from(photo.repairs.any());
                self.repairs.add(photo.repairs);
            }
            into.push(b']');
        });
        Ok(())
    }

    /// Hands every photo to `each` whose review is not among `reviews`.
    ///
    /// # Errors
    /// When photos cannot be read back, or `each` fails.
    pub fn orphans(
        &self,
        reviews: &IdSet,
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
                    if !reviews.contains(photo.review_id) {
                        each(photo)?;
                    }
                }
                chunk += 1;
                bytes.clear();
            }
        }
        Ok(())
    }

    /// How many photos have found their review.
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
        "the photos of reviews {} to {} take more than {} MiB",
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
    loop {
        let offset = items.len() - rest.len();
        let Some(photo) = Photo::take(&mut rest) else { break };
        entries.push(Entry { review_id: photo.review_id, id: photo.id, offset });
    }
    entries.sort_unstable_by_key(|entry| (entry.review_id, entry.id));
    Ok(Loaded { partition, items, entries })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::index::Budget;
    use crate::import::repairs::Repair;

    fn json(photos: &mut Photos, review_id: i32) -> Option<String> {
        let mut to = Encoder::default();
        photos.field(review_id, &mut to).unwrap();
        let (length, text) = to.bytes.split_first_chunk().unwrap();
        let length = i32::from_be_bytes(*length);
        let text = String::from_utf8(text.to_vec()).unwrap();
        (length >= 0).then_some(text)
    }

    #[test]
    fn photos_find_their_review_in_the_order_of_their_ids() {
        let mut photos = Photos::default();
        let mut repaired = Repairs::default();
        repaired.note(Repair::Utf8);
        for (id, review_id, repairs, url) in [
            (9, 5, Repairs::default(), "https://b"),
            (7, 5, repaired, "a\"\\b"),
            (8, 70_000, Repairs::default(), "c"),
            (3, 6, repaired, "never asked for"),
        ] {
            photos.add(id, review_id, 2, repairs, url.as_bytes()).unwrap();
        }
        let first = r#"[{"id":7,"url":"a\"\\b"},{"id":9,"url":"https://b"}]"#;
        assert_eq!(json(&mut photos, 5).as_deref(), Some(first));
        assert_eq!(json(&mut photos, 70_000).as_deref(), Some(r#"[{"id":8,"url":"c"}]"#));
        assert_eq!(json(&mut photos, 4), None);
        assert_eq!(json(&mut photos, 1 << 20), None);
        assert_eq!((photos.loaded(), photos.repaired()), (3, 1));

        let mut reviews = IdSet::new(&Budget::new());
        for id in [4, 5, 70_000] {
            reviews.insert(id).unwrap();
        }
        let mut orphans = Vec::new();
        let keep = |photo: Photo<'_>| {
            photo.write_row(&mut orphans);
            Ok(())
        };
        photos.orphans(&reviews, keep).unwrap();
        assert_eq!(String::from_utf8(orphans).unwrap(), "3,6,\"never asked for\"");
    }
}
