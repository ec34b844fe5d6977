//! characteristic_reviews.csv: each review's rating of each characteristic of its product.
//! The largest file: 19 rows a product, so each row is four numbers and nothing else.

use crate::generate::FileSummary;
use crate::generate::product::Product;
use crate::generate::review::Review;
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use std::path::Path;

const HEADER: &str = "id,characteristic_id,review_id,value";

/// characteristic_reviews.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    stream: Stream,
    next_id: u64,
    characteristic_id: u64,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            sheet: Sheet::create(directory, "characteristic_reviews.csv", HEADER)?,
            stream: Stream::new(0, 0, Purpose::Ratings),
            next_id: 1,
            characteristic_id: 0,
        })
    }

    /// Turns to the reviews of `product`, whose first characteristic has this id.
    pub fn begin(&mut self, seed: u64, product: &Product, characteristic_id: u64) {
        self.stream = Stream::new(seed, u64::from(product.id), Purpose::Ratings);
        self.characteristic_id = characteristic_id;
    }

    pub fn append(
        &mut self,
        review_id: u64,
        product: &Product,
        review: &Review,
    ) -> anyhow::Result<()> {
        for (id, name) in (self.characteristic_id..).zip(product.category.characteristics) {
            let value = value(name, review.rating, &mut self.stream);
            let row = self.sheet.row().number(self.next_id).number(id).number(review_id);
            row.number(value).end()?;
            self.next_id += 1;
        }
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}

/// Comfort and quality go with the stars; of size, width, length and fit 3 is the best, and it
/// is missed further by a review with few stars.
fn value(characteristic: &str, rating: u8, stream: &mut Stream) -> u64 {
    let weights: [u32; 5] = match (characteristic, rating) {
        ("Comfort" | "Quality", 5) => [2, 4, 12, 30, 52],
        ("Comfort" | "Quality", 4) => [3, 7, 22, 42, 26],
        ("Comfort" | "Quality", 3) => [9, 21, 40, 21, 9],
        ("Comfort" | "Quality", 2) => [24, 36, 25, 11, 4],
        ("Comfort" | "Quality", _) => [48, 28, 14, 7, 3],
        (_, 4 | 5) => [4, 18, 54, 19, 5],
        _ => [18, 24, 28, 19, 11],
    };
    [1, 2, 3, 4, 5][stream.weighted(&weights)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_goes_with_the_stars_and_fit_stays_in_the_middle() {
        let mut stream = Stream::new(1, 1, Purpose::Ratings);
        let mut mean = |name, rating| {
            (0..2_000).map(|_| value(name, rating, &mut stream)).sum::<u64>() * 10 / 2_000
        };
        assert!(mean("Quality", 1) < mean("Quality", 3));
        assert!(mean("Quality", 3) < mean("Quality", 5));
        assert!((28..=32).contains(&mean("Fit", 5)));
    }
}
