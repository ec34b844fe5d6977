//! Indexes by id, in memory: an array in pages that are made when first written to; a set of ids
//! and a map from ids to their parents' on top of it. All of an import's indexes share one
//! [`Budget`]; ids spread so widely that the pages would not fit end the import.

use anyhow::ensure;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most that all indexes of an import take, in bytes: half of the 512 MiB that an import is to
/// stay within. The largest known data set, 70 million rows, needs 120 MiB.
const BUDGET_BYTES: usize = 256 << 20;

/// Slots in a page: few enough that sparse ids cost little, enough that a page's own cost is none.
const PAGE_SLOTS: usize = 1024;

/// The bytes that indexes may still take, shared by clones.
#[derive(Clone, Debug)]
pub struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub fn new() -> Self {
        Self::of(BUDGET_BYTES)
    }

    fn of(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    /// Takes `bytes` for good.
    ///
    /// # Errors
    /// When less than that is left.
    pub fn take(&self, bytes: usize) -> anyhow::Result<()> {
        let left = |left: usize| left.checked_sub(bytes);
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        ensure!(
            taken.is_ok(),
            "the ids are spread too widely: indexes of them would take more than {} MiB of memory",
            BUDGET_BYTES >> 20
        );
        Ok(())
    }
}

/// An array from 0 to whatever is written to, of defaults where nothing was written.
#[derive(Debug)]
pub struct Paged<T> {
    pages: Vec<Option<Box<[T]>>>,
    budget: Budget,
}

impl<T: Clone + Default> Paged<T> {
    pub fn new(budget: &Budget) -> Self {
        Self { pages: Vec::new(), budget: budget.clone() }
    }

    /// The slot, when its page was ever written to.
    pub fn get(&self, index: usize) -> Option<&T> {
        Some(&self.pages.get(index / PAGE_SLOTS)?.as_deref()?[index % PAGE_SLOTS])
    }

    /// The slot to write to.
    ///
    /// # Errors
    /// When it needs a page and the budget is used up.
    pub fn slot(&mut self, index: usize) -> anyhow::Result<&mut T> {
        let page = index / PAGE_SLOTS;
        if page >= self.pages.len() {
            let more = page + 1 - self.pages.len();
            self.budget.take(more * size_of::<Option<Box<[T]>>>())?;
            self.pages.resize(page + 1, None);
        }
        let page = &mut self.pages[page];
        let slots = match page {
            Some(slots) => slots,
            None => {
                self.budget.take(PAGE_SLOTS * size_of::<T>())?;
                page.insert(vec![T::default(); PAGE_SLOTS].into_boxed_slice())
            }
        };
        Ok(&mut slots[index % PAGE_SLOTS])
    }

    /// Every slot of the pages written to, with its index, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        let pages = self.pages.iter().enumerate();
        pages.flat_map(|(page, slots)| {
            let slots = slots.iter().flat_map(|slots| slots.iter()).enumerate();
            slots.map(move |(slot, value)| (page * PAGE_SLOTS + slot, value))
        })
    }
}

/// A set of ids.
#[derive(Debug)]
pub struct IdSet {
    words: Paged<u64>,
    largest: i32,
}

impl IdSet {
    pub fn new(budget: &Budget) -> Self {
        Self { words: Paged::new(budget), largest: 0 }
    }

    pub fn contains(&self, id: i32) -> bool {
        let index = index(id);
        self.words.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// Whether the id is new to the set.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn insert(&mut self, id: i32) -> anyhow::Result<bool> {
        let index = index(id);
        let word = self.words.slot(index / 64)?;
        let bit = 1 << (index % 64);
        let new = *word & bit == 0;
        *word |= bit;
        self.largest = self.largest.max(id);
        Ok(new)
    }

    /// The largest id; 0 for an empty set.
    pub fn largest(&self) -> i32 {
        self.largest
    }

    /// How many ids there are.
    pub fn len(&self) -> u64 {
        self.words.iter().map(|(_, word)| u64::from(word.count_ones())).sum()
    }

    /// The ids in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = i32> {
        self.words.iter().flat_map(|(index, word)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            // Only ids went in, and those are `i32`.
            bits.filter_map(move |bit| i32::try_from(index * 64 + bit).ok())
        })
    }
}

/// A set of ids, each with the id of the row that it belongs to.
#[derive(Debug)]
pub struct Parents {
    /// 0 for an id that is not in the set.
    parents: Paged<i32>,
    largest: i32,
}

impl Parents {
    pub fn new(budget: &Budget) -> Self {
        Self { parents: Paged::new(budget), largest: 0 }
    }

    /// The parent of an id, when the id is in the set.
    pub fn get(&self, id: i32) -> Option<i32> {
        self.parents.get(index(id)).copied().filter(|parent| *parent != 0)
    }

    /// Whether the id is new to the set; the parent of one that is not stays what it was.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn insert(&mut self, id: i32, parent: i32) -> anyhow::Result<bool> {
        let slot = self.parents.slot(index(id))?;
        let new = *slot == 0;
        if new {
            *slot = parent;
            self.largest = self.largest.max(id);
        }
        Ok(new)
    }

    /// The largest id; 0 for an empty set.
    pub fn largest(&self) -> i32 {
        self.largest
    }
}

/// An id's place in an index; ids are never negative.
pub fn index(id: i32) -> usize {
    usize::try_from(id).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_set_knows_what_went_in() {
        arbtest::arbtest(|u| {
            let mut set = IdSet::new(&Budget::new());
            let mut expected = BTreeSet::new();
            for _ in 0..u.int_in_range(0..=50)? {
                let id = u.int_in_range(1..=200_000)?;
                assert_eq!(set.insert(id).unwrap(), expected.insert(id));
            }
            assert!(set.iter().eq(expected.iter().copied()));
            assert_eq!(set.len(), expected.len() as u64);
            assert_eq!(set.largest(), expected.last().copied().unwrap_or(0));
            let id = u.int_in_range(1..=200_000)?;
            assert_eq!(set.contains(id), expected.contains(&id));
            Ok(())
        });
    }

    #[test]
    fn the_first_parent_of_an_id_stays() {
        let mut parents = Parents::new(&Budget::new());
        assert_eq!((parents.get(7), parents.largest()), (None, 0));
        assert!(parents.insert(7, 3).unwrap());
        assert!(!parents.insert(7, 4).unwrap());
        assert!(parents.insert(5, 3).unwrap());
        assert_eq!((parents.get(7), parents.get(5), parents.get(6)), (Some(3), Some(3), None));
        assert_eq!(parents.largest(), 7);
    }

    #[test]
    fn the_largest_id_fits() {
        let mut set = IdSet::new(&Budget::new());
        assert!(!set.contains(i32::MAX));
        assert!(set.insert(i32::MAX).unwrap());
        assert!(set.contains(i32::MAX) && !set.contains(i32::MAX - 1));
        assert!(set.iter().eq([i32::MAX]));
    }

    #[test]
    fn ids_spread_too_widely_are_an_error() {
        let budget = Budget::of(1 << 20);
        let mut array: Paged<u64> = Paged::new(&budget);
        let error = (0..1000).find_map(|page| array.slot(page * PAGE_SLOTS).err()).unwrap();
        assert!(error.to_string().contains("spread too widely"));
        assert!(array.slot(0).is_ok(), "pages that are there can still be written to");
    }
}
