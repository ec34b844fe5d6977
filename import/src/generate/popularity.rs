//! How many reviews a product has: none for a quarter of them, hundreds for a few.
//!
//! Products are dealt their popularity in rounds of 1,011, as a pack of cards is: each round has
//! each of the ranks below once, in an order of its own. Drawn one by one, the few products
//! that hold a tenth of all reviews would move the total of 200,000 products by more than 1 %.

use super::stream::{Purpose, Stream};

/// Products in a round: what one campus of the original service had.
const ROUND_PRODUCTS: usize = 1_011;

/// Ranks that have the same range of reviews.
struct Band {
    products: u16,
    reviews_min: u64,
    reviews_max: u64,
}

/// Together 1,011 products with 5,838.5 reviews in the mean: 5.775 each, as in the real files.
const BANDS: [Band; 10] = [
    Band { products: 253, reviews_min: 0, reviews_max: 0 },
    Band { products: 256, reviews_min: 1, reviews_max: 2 },
    Band { products: 235, reviews_min: 3, reviews_max: 5 },
    Band { products: 140, reviews_min: 6, reviews_max: 9 },
    Band { products: 75, reviews_min: 10, reviews_max: 16 },
    Band { products: 32, reviews_min: 17, reviews_max: 30 },
    Band { products: 13, reviews_min: 31, reviews_max: 60 },
    Band { products: 5, reviews_min: 61, reviews_max: 120 },
    Band { products: 1, reviews_min: 121, reviews_max: 239 },
    Band { products: 1, reviews_min: 304, reviews_max: 723 },
];

/// Deals the number of reviews; keeps the order of the round that was asked for last.
#[derive(Debug)]
pub struct Popularity {
    seed: u64,
    round: usize,
    ranks: [u16; ROUND_PRODUCTS],
}

impl Popularity {
    pub fn new(seed: u64) -> Self {
        Self { seed, round: 0, ranks: ranks(seed, 0) }
    }

    /// The number of reviews of product `id`, counted from one; `stream` is the product's own.
    pub fn reviews(&mut self, id: u32, stream: &mut Stream) -> u64 {
        let index = id as usize - 1;
        let round = index / ROUND_PRODUCTS;
        if round != self.round {
            self.round = round;
            self.ranks = ranks(self.seed, round);
        }
        let band = band(self.ranks[index % ROUND_PRODUCTS]);
        stream.between(band.reviews_min, band.reviews_max)
    }
}

fn ranks(seed: u64, round: usize) -> [u16; ROUND_PRODUCTS] {
    Stream::new(seed, round as u64, Purpose::Popularity).order()
}

fn band(rank: u16) -> &'static Band {
    let mut products = 0;
    for band in &BANDS {
        products += band.products;
        if rank < products {
            return band;
        }
    }
    &BANDS[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_make_a_round_with_the_real_mean() {
        let products: usize = BANDS.iter().map(|band| usize::from(band.products)).sum();
        assert_eq!(products, ROUND_PRODUCTS);
        let twice: u64 = BANDS
            .iter()
            .map(|band| u64::from(band.products) * (band.reviews_min + band.reviews_max))
            .sum();
        assert_eq!(twice, 11_677);
    }

    #[test]
    fn a_product_has_its_reviews_whatever_was_asked_before() {
        let reviews = |popularity: &mut Popularity, id| {
            popularity.reviews(id, &mut Stream::new(5, u64::from(id), Purpose::Product))
        };
        let mut straight = Popularity::new(5);
        let all: Vec<u64> = (1..=3_033).map(|id| reviews(&mut straight, id)).collect();
        let mut back = Popularity::new(5);
        for id in (1..=3_033).rev() {
            assert_eq!(reviews(&mut back, id), all[id as usize - 1]);
        }
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
