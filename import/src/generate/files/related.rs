//! related.csv: products that are shown beside a product, all of its own round.
//!
//! The one file whose rows depend on how many products there are: the products of the last
//! round, which may not be full, relate only to those that are there.

use crate::generate::FileSummary;
use crate::generate::deal::{Band, Deal, ROUND_PRODUCTS, exactly};
use crate::generate::product::Product;
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use std::path::Path;

const HEADER: &str = "id,current_product_id,related_product_id";

/// 1,011 products with 4,558 related ones: 4.5084 each, as in the real files.
const BANDS: [Band; 11] = [
    exactly(0, 87),
    exactly(1, 60),
    exactly(2, 80),
    exactly(3, 110),
    exactly(4, 150),
    exactly(5, 160),
    exactly(6, 140),
    exactly(7, 104),
    exactly(8, 60),
    exactly(9, 40),
    exactly(10, 20),
];

/// Product 1 relates at least to the products 2 to 5.
const FIRST_RELATED_MIN: u64 = 4;

/// Rows that relate to product 0, which there is not, of a million: 58 of the real 4,508,263.
const ZERO_OF_MILLION: u32 = 13;

/// Rows that say what the row before them said, of a thousand.
const TWICE_OF_1000: u32 = 15;

/// related.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    counts: Deal,
    products: u32,
    next_id: u64,
}

impl File {
    /// Nothing will relate to a product above `products`.
    pub fn create(directory: &Path, seed: u64, products: u32) -> anyhow::Result<Self> {
        Ok(Self {
            sheet: Sheet::create(directory, "related.csv", HEADER)?,
            counts: Deal::new(seed, Purpose::RelatedCounts, &BANDS),
            products,
            next_id: 1,
        })
    }

    pub fn append(&mut self, seed: u64, product: &Product) -> anyhow::Result<()> {
        let mut stream = Stream::new(seed, u64::from(product.id), Purpose::Related);
        let mut count = self.counts.rows(product.id, &mut stream);
        let first = product.is_first();
        if first {
            count = count.max(FIRST_RELATED_MIN);
        }
        let (round_min, round_max) = round(product.id, self.products);
        if round_min == round_max {
            return Ok(());
        }
        let mut last = None;
        for place in 0..count {
            let related = match last {
                Some(last) if stream.chance(TWICE_OF_1000) => last,
                _ if stream.chance_of_million(ZERO_OF_MILLION) => 0,
                _ => other(u64::from(product.id), round_min, round_max, &mut stream),
            };
            let neighbour = place + 2;
            let is_given = first && place < FIRST_RELATED_MIN && neighbour <= round_max;
            let related = if is_given { neighbour } else { related };
            let row = self.sheet.row().number(self.next_id).number(u64::from(product.id));
            row.number(related).end()?;
            self.next_id += 1;
            last = Some(related);
        }
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}

/// The lowest and the highest id in the round of product `id`.
fn round(id: u32, products: u32) -> (u64, u64) {
    let size = ROUND_PRODUCTS as u64;
    let round_min = (u64::from(id) - 1) / size * size + 1;
    (round_min, u64::from(products).min(round_min + size - 1))
}

/// Any product of the round but this one; there must be one.
fn other(id: u64, round_min: u64, round_max: u64, stream: &mut Stream) -> u64 {
    let drawn = stream.between(round_min, round_max - 1);
    if drawn < id { drawn } else { drawn + 1 }
}

#[cfg(test)]
mod tests {
    use super::super::super::deal::round_rows_twice;
    use super::*;

    #[test]
    fn the_bands_make_a_round_with_the_real_mean() {
        assert_eq!(round_rows_twice(&BANDS), 2 * 4_558);
    }

    #[test]
    fn a_round_ends_where_the_products_end() {
        assert_eq!(round(1, 5_000), (1, 1_011));
        assert_eq!(round(1_011, 5_000), (1, 1_011));
        assert_eq!(round(1_012, 5_000), (1_012, 2_022));
        assert_eq!(round(1_100, 1_200), (1_012, 1_200));
        assert_eq!(round(1_012, 1_012), (1_012, 1_012));
    }

    #[test]
    fn a_product_relates_to_every_other_of_its_round_and_not_to_itself() {
        let mut stream = Stream::new(1, 1, Purpose::Related);
        for id in [10, 12, 14] {
            let mut found: Vec<u64> = (0..200).map(|_| other(id, 10, 14, &mut stream)).collect();
            found.sort_unstable();
            found.dedup();
            assert_eq!(found.len(), 4);
            assert!(!found.contains(&id));
        }
    }
}
