//! How many reviews a product has: none for a quarter of them, hundreds for a few.
//! Dealt in rounds, so that the few do not move the total.

use super::deal::{Band, Deal};
use super::stream::{Purpose, Stream};

/// Together 1,011 products with 5,838.5 reviews in the mean: 5.775 each, as in the real files.
const BANDS: [Band; 10] = [
    Band { products: 253, rows_min: 0, rows_max: 0 },
    Band { products: 256, rows_min: 1, rows_max: 2 },
    Band { products: 235, rows_min: 3, rows_max: 5 },
    Band { products: 140, rows_min: 6, rows_max: 9 },
    Band { products: 75, rows_min: 10, rows_max: 16 },
    Band { products: 32, rows_min: 17, rows_max: 30 },
    Band { products: 13, rows_min: 31, rows_max: 60 },
    Band { products: 5, rows_min: 61, rows_max: 120 },
    Band { products: 1, rows_min: 121, rows_max: 239 },
    Band { products: 1, rows_min: 304, rows_max: 723 },
];

/// Deals the number of reviews.
#[derive(Debug)]
pub struct Popularity(Deal);

impl Popularity {
    pub fn new(seed: u64) -> Self {
        Self(Deal::new(seed, Purpose::Popularity, &BANDS))
    }

    /// The number of reviews of product `id`, counted from one; `stream` is the product's own.
    pub fn reviews(&mut self, id: u32, stream: &mut Stream) -> u64 {
        self.0.rows(id, stream)
    }
}

#[cfg(test)]
mod tests {
    use super::super::deal::round_rows_twice;
    use super::*;

    #[test]
    fn the_bands_make_a_round_with_the_real_mean() {
        assert_eq!(round_rows_twice(&BANDS), 11_677);
    }

    #[test]
    fn every_round_has_one_star_and_a_quarter_without_reviews() {
        let mut popularity = Popularity::new(11);
        for round in 0..5 {
            let ids = round * 1_011 + 1..=(round + 1) * 1_011;
            let counts: Vec<u64> = ids
                .map(|id| {
                    let mut stream = Stream::new(11, u64::from(id), Purpose::Product);
                    popularity.reviews(id, &mut stream)
                })
                .collect();
            assert_eq!(counts.iter().filter(|&&count| count >= 304).count(), 1);
            assert_eq!(counts.iter().filter(|&&count| count == 0).count(), 253);
        }
    }
}
