//! Rows on their way into a table whose order on disk counts, put in the order of its primary key
//! as far as a bounded buffer reaches. The known files are in order, or nearly: answers.csv has
//! the answers to neighbouring questions mixed. A file that is shuffled more widely than the
//! buffer is not put in order here; it is said to be out of it.

use super::encode::{CopyStream, Encoder};
use std::ops::Range;

/// A row comes in its place when rows of half this many bytes at most separate it from there.
const BUFFER_BYTES: usize = 32 << 20;

/// A row's primary key, its columns in order; those that a table does not have are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub product_id: i32,
    pub question_id: i32,
    pub id: i32,
}

impl Key {
    pub fn write(&self, into: &mut Vec<u8>) {
        for part in [self.product_id, self.question_id, self.id] {
            into.extend_from_slice(&part.to_le_bytes());
        }
    }

    /// The key at the start of `bytes`, and what follows it.
    pub fn take(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (product_id, rest) = bytes.split_first_chunk()?;
        let (question_id, rest) = rest.split_first_chunk()?;
        let (id, rest) = rest.split_first_chunk()?;
        let [product_id, question_id, id] =
            [product_id, question_id, id].map(|part| i32::from_le_bytes(*part));
        Some((Self { product_id, question_id, id }, rest))
    }
}

/// A row in the buffer.
#[derive(Debug)]
struct Entry {
    key: Key,
    bytes: Range<usize>,
}

/// One COPY of rows that are to lie in order.
pub struct OrderedCopy<'c, 'w> {
    copy: &'c mut CopyStream<'w>,
    columns: i16,
    buffer_bytes: usize,
    buffer: Encoder,
    /// The buffer's memory while its rows move up, kept for the next time.
    spare: Vec<u8>,
    entries: Vec<Entry>,
    last: Key,
    in_order: bool,
}

impl<'c, 'w> OrderedCopy<'c, 'w> {
    pub fn begin(copy: &'c mut CopyStream<'w>, columns: i16) -> Self {
        Self::with_buffer(copy, columns, BUFFER_BYTES)
    }

    fn with_buffer(copy: &'c mut CopyStream<'w>, columns: i16, buffer_bytes: usize) -> Self {
        Self {
            copy,
            columns,
            buffer_bytes,
            buffer: Encoder::default(),
            spare: Vec::new(),
            entries: Vec::new(),
            last: Key::default(),
            in_order: true,
        }
    }

    /// Takes a row, whose fields `fill` appends.
    ///
    /// # Errors
    /// When `fill` fails or the rows before it cannot be sent.
    pub fn row(
        &mut self,
        key: Key,
        fill: impl FnOnce(&mut Encoder) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if self.buffer.bytes.len() >= self.buffer_bytes {
            self.send(self.buffer_bytes / 2)?;
            self.move_up();
        }
        let start = self.buffer.bytes.len();
        fill(&mut self.buffer)?;
        self.entries.push(Entry { key, bytes: start..self.buffer.bytes.len() });
        Ok(())
    }

    /// Sends what is left; whether all rows were sent in order.
    ///
    /// # Errors
    /// When they cannot be sent.
    pub fn finish(mut self) -> anyhow::Result<bool> {
        self.send(usize::MAX)?;
        Ok(self.in_order)
    }

    /// Sends the rows with the least keys until they are so many bytes, or all.
    fn send(&mut self, bytes: usize) -> anyhow::Result<()> {
        // The sort that knows runs: what was left the last time is one, and mostly so is the rest.
        self.entries.sort_by_key(|entry| entry.key);
        let mut bytes_sent = 0;
        let mut rows_sent = 0;
        for Entry { key, bytes: row } in &self.entries {
            if bytes_sent >= bytes {
                break;
            }
            self.in_order &= self.last < *key;
            self.last = *key;
            bytes_sent += row.len();
            rows_sent += 1;
            let to = self.copy.row(self.columns)?;
            to.bytes.extend_from_slice(&self.buffer.bytes[row.clone()]);
        }
        self.entries.drain(..rows_sent);
        Ok(())
    }

    /// Closes the gaps that the rows sent have left in the buffer.
    fn move_up(&mut self) {
        self.spare.clear();
        for Entry { bytes, .. } in &mut self.entries {
            let start = self.spare.len();
            self.spare.extend_from_slice(&self.buffer.bytes[bytes.clone()]);
            *bytes = start..self.spare.len();
        }
        std::mem::swap(&mut self.buffer.bytes, &mut self.spare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent of rows of four bytes, each its own key, through a buffer of ten rows; whether
    /// it is in order.
    fn sent(ids: &[i32]) -> (Vec<i32>, bool) {
        let mut bytes = Vec::new();
        let mut copy = CopyStream::begin(&mut bytes);
        let mut ordered = OrderedCopy::with_buffer(&mut copy, 1, 40);
        for id in ids {
            let key = Key { product_id: *id, ..Key::default() };
            let fill = |to: &mut Encoder| {
                to.bytes.extend_from_slice(&id.to_be_bytes());
                Ok(())
            };
            ordered.row(key, fill).unwrap();
        }
        let in_order = ordered.finish().unwrap();
        copy.finish().unwrap();
        // Past the header, a row is its two bytes of column count and itself; then the trailer.
        let rows = bytes[19..bytes.len() - 2].chunks(6);
        let id = |row: &[u8]| i32::from_be_bytes([row[2], row[3], row[4], row[5]]);
        (rows.map(id).collect(), in_order)
    }

    #[test]
    fn rows_near_their_place_come_in_it() {
        let in_order: Vec<i32> = (1..=100).collect();
        assert_eq!(sent(&in_order), (in_order.clone(), true));
        let mut mixed = in_order.clone();
        mixed.chunks_mut(5).for_each(<[i32]>::reverse);
        assert_eq!(sent(&mixed), (in_order, true));
        assert_eq!(sent(&[]), (vec![], true));
    }

    #[test]
    fn rows_far_from_their_place_are_sent_all_the_same_and_said_to_be_out_of_order() {
        let reversed: Vec<i32> = (1..=100).rev().collect();
        let (mut found, in_order) = sent(&reversed);
        assert!(!in_order);
        found.sort_unstable();
        assert_eq!(found, (1..=100).collect::<Vec<_>>());
    }

    #[test]
    fn any_order_loses_no_row() {
        arbtest::arbtest(|u| {
            let ids: Vec<i32> = u.arbitrary()?;
            let (mut found, in_order) = sent(&ids);
            let ascending = found.first().is_none_or(|first| *first > 0)
                && found.windows(2).all(|pair| pair[0] < pair[1]);
            assert_eq!(in_order, ascending);
            let mut expected = ids;
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected);
            Ok(())
        });
    }

    #[test]
    fn a_key_is_read_back() {
        let key = Key { product_id: 1, question_id: 2, id: i32::MAX };
        let mut bytes = Vec::new();
        key.write(&mut bytes);
        bytes.push(7);
        assert_eq!(Key::take(&bytes), Some((key, &[7][..])));
        assert_eq!(Key::take(&bytes[..11]), None);
    }
}
