//! What the importer puts right by itself, and how often it did. Forms that mean the same thing
//! (a date as epoch milliseconds, `t` for true, `$5`) are accepted and are no repairs.

/// Something put right in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    Quotes,
    Nul,
    Utf8,
    Missing,
    Helpfulness,
    Price,
    Quantity,
}

/// Every repair and how the report names it, in the order of the enum.
const REASONS: [(Repair, &str); 7] = [
    (Repair::Quotes, "broken quotes"),
    (Repair::Nul, "NUL bytes removed"),
    (Repair::Utf8, "invalid UTF-8 replaced by U+FFFD"),
    (Repair::Missing, "missing text left empty"),
    (Repair::Helpfulness, "helpfulness set to 0"),
    (Repair::Price, "price rounded to cents or, unreadable, left empty"),
    (Repair::Quantity, "unreadable quantity left empty"),
];

/// The repairs of one row, each at most once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repairs(u8);

impl Repairs {
    pub fn note(&mut self, repair: Repair) {
        self.0 |= 1 << repair as u8;
    }

    pub fn any(self) -> bool {
        self.0 != 0
    }

    /// One byte that [`Repairs::from_bits`] turns back.
    pub fn bits(self) -> u8 {
        self.0
    }

    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    fn has(self, repair: Repair) -> bool {
        self.0 & (1 << repair as u8) != 0
    }
}

/// How many rows each repair was made in.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepairCounts([u64; REASONS.len()]);

impl RepairCounts {
    pub fn add(&mut self, repairs: Repairs) {
        for (count, (repair, _)) in self.0.iter_mut().zip(REASONS) {
            *count += u64::from(repairs.has(repair));
        }
    }

    /// Adds what was counted elsewhere.
    pub fn absorb(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    /// The repairs that were made, in words, with the rows each was made in.
    pub fn reasons(&self) -> Vec<(&'static str, u64)> {
        let named = self.0.iter().zip(REASONS).map(|(count, (_, reason))| (reason, *count));
        named.filter(|(_, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repair_counts_once_a_row() {
        let mut row = Repairs::default();
        row.note(Repair::Missing);
        row.note(Repair::Missing);
        row.note(Repair::Price);
        let mut counts = RepairCounts::default();
        counts.add(row);
        counts.add(Repairs::from_bits(row.bits()));
        counts.add(Repairs::default());
        let price = "price rounded to cents or, unreadable, left empty";
        assert_eq!(counts.reasons(), [("missing text left empty", 2), (price, 2)]);
    }

    #[test]
    fn reasons_stand_in_the_order_of_the_enum() {
        for (index, (repair, _)) in REASONS.into_iter().enumerate() {
            assert_eq!(repair as usize, index);
        }
    }
}
