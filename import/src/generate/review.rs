//! What is known of a review before its words are chosen: how many stars, when, who found it
//! helpful. The rooms of `files` that write its row, its photos and its ratings agree through it.

use super::product::{Product, Quality};
use super::stream::{Purpose, Stream};

/// Photos that one review can have.
pub const PHOTOS_MAX: usize = 5;

/// Reviews that have 0 to 5 photos, of a thousand: 0.475 photos in the mean.
const PHOTOS_OF_1000: [u32; PHOTOS_MAX + 1] = [754, 122, 60, 36, 15, 13];

/// Reviews that somebody reported, of a thousand.
const REPORTED_OF_1000: u32 = 15;

/// Recommendations of a thousand reviews, for each rating from 1 to 5.
const RECOMMENDED_OF_1000: [u32; 5] = [40, 140, 560, 910, 980];

/// Nothing is written after this: 2023-12-31, in milliseconds.
pub const CLOSED_MS: u64 = 1_703_980_800_000;

/// Votes, in bands that each go up to the next one's lowest; ties are common as in any shop.
const HELPFUL_BANDS: [(u32, u64, u64); 5] =
    [(280, 0, 0), (470, 1, 5), (190, 6, 15), (52, 16, 30), (8, 31, 120)];

/// Which words suit a rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Good,
    Mixed,
    Bad,
}

/// One review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review {
    /// 1 to 5.
    pub rating: u8,
    /// Milliseconds since 1970.
    pub date_ms: u64,
    pub recommend: bool,
    pub reported: bool,
    pub helpfulness: u64,
    pub photos: usize,
}

impl Review {
    pub fn mood(&self) -> Mood {
        match self.rating {
            4.. => Mood::Good,
            3 => Mood::Mixed,
            _ => Mood::Bad,
        }
    }
}

/// The reviews of one product, in the order of their ids.
#[derive(Debug)]
pub struct Reviews<'a> {
    product: &'a Product,
    stream: Stream,
    drawn: u64,
}

impl<'a> Reviews<'a> {
    pub fn of(seed: u64, product: &'a Product) -> Self {
        let stream = Stream::new(seed, u64::from(product.id), Purpose::Review);
        Self { product, stream, drawn: 0 }
    }
}

impl Iterator for Reviews<'_> {
    type Item = Review;

    fn next(&mut self) -> Option<Review> {
        if self.drawn == self.product.reviews {
            return None;
        }
        let stream = &mut self.stream;
        let stars = stream.weighted(stars_of_100(self.product.quality));
        let bands = HELPFUL_BANDS.map(|(weight, _, _)| weight);
        let (_, helpful_min, helpful_max) = HELPFUL_BANDS[stream.weighted(&bands)];
        let mut photos = stream.weighted(&PHOTOS_OF_1000);
        if self.product.is_first() && self.drawn.is_multiple_of(2) {
            photos = photos.max(1);
        }
        self.drawn += 1;
        Some(Review {
            rating: [1, 2, 3, 4, 5][stars],
            date_ms: stream.between(self.product.launched_ms, CLOSED_MS),
            recommend: stream.chance(RECOMMENDED_OF_1000[stars]),
            reported: stream.chance(REPORTED_OF_1000),
            helpfulness: stream.between(helpful_min, helpful_max),
            photos,
        })
    }
}

/// How many of a hundred reviews give one star, two, and so on to five.
fn stars_of_100(quality: Quality) -> &'static [u32; 5] {
    match quality {
        Quality::Fine => &[2, 3, 8, 25, 62],
        Quality::Good => &[5, 6, 14, 30, 45],
        Quality::Fair => &[12, 14, 24, 28, 22],
        Quality::Poor => &[30, 22, 22, 15, 11],
    }
}

#[cfg(test)]
mod tests {
    use super::super::popularity::Popularity;
    use super::*;

    fn reviews(products: u32) -> Vec<Review> {
        let mut popularity = Popularity::new(2);
        (1..=products)
            .flat_map(|id| {
                let product = Product::draw(2, id, &mut popularity);
                Reviews::of(2, &product).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn ratings_are_high_and_recommendations_follow_them() {
        let all = reviews(5_000);
        let with = |rating| all.iter().filter(move |review| review.rating == rating);
        assert!(with(5).count() > with(4).count() && with(4).count() > with(1).count());
        for rating in 1..5 {
            let share = |rating| {
                let yes = with(rating).filter(|review| review.recommend).count();
                yes * 1_000 / with(rating).count()
            };
            assert!(share(rating) < share(rating + 1), "{rating}");
        }
    }

    #[test]
    fn one_or_two_of_a_hundred_are_reported() {
        let all = reviews(5_000);
        let reported = all.iter().filter(|review| review.reported).count() * 1_000 / all.len();
        assert!((10..=20).contains(&reported), "{reported} of a thousand");
    }

    #[test]
    fn half_the_reviews_of_the_first_product_have_photos() {
        let product = Product::draw(4, 1, &mut Popularity::new(4));
        let with = Reviews::of(4, &product).filter(|review| review.photos > 0).count();
        assert!(with >= 18, "{with}");
    }
}
