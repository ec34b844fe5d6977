//! Deals how many of a thing each product has: how many reviews, styles, questions.
//!
//! Products are dealt their numbers in rounds of 1,011, as a pack of cards is: each round has
//! each rank once, in an order of its own. Drawn one by one, the few products that hold a tenth
//! of all rows would move the total of 200,000 products by more than 1 %.

use super::stream::{Purpose, Stream};

/// Products in a round: what one campus of the original service had.
pub const ROUND_PRODUCTS: usize = 1_011;

/// Ranks that have the same range of rows.
#[derive(Debug)]
pub struct Band {
    pub products: u16,
    pub rows_min: u64,
    pub rows_max: u64,
}

/// A band whose products all have the same number of rows.
pub const fn exactly(rows: u64, products: u16) -> Band {
    Band { products, rows_min: rows, rows_max: rows }
}

/// Deals the numbers of one thing; keeps the order of the round that was asked for last.
#[derive(Debug)]
pub struct Deal {
    seed: u64,
    purpose: Purpose,
    bands: &'static [Band],
    round: usize,
    ranks: [u16; ROUND_PRODUCTS],
}

impl Deal {
    /// The products of `bands` must make a round; `purpose` is of this deal alone.
    pub fn new(seed: u64, purpose: Purpose, bands: &'static [Band]) -> Self {
        Self { seed, purpose, bands, round: 0, ranks: ranks(seed, 0, purpose) }
    }

    /// The number of rows of product `id`, counted from one; `stream` is the product's own.
    pub fn rows(&mut self, id: u32, stream: &mut Stream) -> u64 {
        let index = id as usize - 1;
        let round = index / ROUND_PRODUCTS;
        if round != self.round {
            self.round = round;
            self.ranks = ranks(self.seed, round, self.purpose);
        }
        let band = band(self.bands, self.ranks[index % ROUND_PRODUCTS]);
        stream.between(band.rows_min, band.rows_max)
    }
}

fn ranks(seed: u64, round: usize, purpose: Purpose) -> [u16; ROUND_PRODUCTS] {
    Stream::new(seed, round as u64, purpose).order()
}

fn band(bands: &'static [Band], rank: u16) -> &'static Band {
    let mut products = 0;
    for band in bands {
        products += band.products;
        if rank < products {
            return band;
        }
    }
    &bands[0]
}

/// Twice the rows that a round has in the mean, checked to be a round of products.
#[cfg(test)]
pub fn round_rows_twice(bands: &[Band]) -> u64 {
    let products: usize = bands.iter().map(|band| usize::from(band.products)).sum();
    assert_eq!(products, ROUND_PRODUCTS);
    bands.iter().map(|band| u64::from(band.products) * (band.rows_min + band.rows_max)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANDS: [Band; 3] =
        [exactly(0, 500), exactly(2, 500), Band { products: 11, rows_min: 3, rows_max: 90 }];

    fn rows(deal: &mut Deal, id: u32) -> u64 {
        deal.rows(id, &mut Stream::new(5, u64::from(id), Purpose::Product))
    }

    #[test]
    fn a_product_has_its_rows_whatever_was_asked_before() {
        let mut straight = Deal::new(5, Purpose::Popularity, &BANDS);
        let all: Vec<u64> = (1..=3_033).map(|id| rows(&mut straight, id)).collect();
        let mut back = Deal::new(5, Purpose::Popularity, &BANDS);
        for id in (1..=3_033).rev() {
            assert_eq!(rows(&mut back, id), all[id as usize - 1]);
        }
    }

    #[test]
    fn every_round_has_each_band_as_often_as_it_says() {
        let mut deal = Deal::new(5, Purpose::Popularity, &BANDS);
        for round in 0..4 {
            let ids = round * 1_011 + 1..=(round + 1) * 1_011;
            let counts: Vec<u64> = ids.map(|id| rows(&mut deal, id)).collect();
            assert_eq!(counts.iter().filter(|&&count| count == 2).count(), 500);
            assert_eq!(counts.iter().filter(|&&count| count >= 3).count(), 11);
        }
    }
}
