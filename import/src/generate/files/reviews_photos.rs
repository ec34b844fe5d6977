//! reviews_photos.csv: up to five rows a review, their ids neither ascending nor without gaps.
//! How many photos a review has was drawn before; here are their ids and addresses.

use crate::generate::FileSummary;
use crate::generate::photo::{PhotoIds, write_url};
use crate::generate::product::Product;
use crate::generate::review::{PHOTOS_MAX, Review};
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use std::path::Path;

const HEADER: &str = "id,review_id,url";

/// Ids that are followed by a gap, of a million.
const GAPS_OF_MILLION: u32 = 4_000;

/// reviews_photos.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    stream: Stream,
    ids: PhotoIds,
    url: String,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            sheet: Sheet::create(directory, "reviews_photos.csv", HEADER)?,
            stream: Stream::new(0, 0, Purpose::ReviewPhotos),
            ids: PhotoIds::new(GAPS_OF_MILLION),
            url: String::new(),
        })
    }

    /// Turns to the reviews of `product`.
    pub fn begin(&mut self, seed: u64, product: &Product) {
        self.stream = Stream::new(seed, u64::from(product.id), Purpose::ReviewPhotos);
    }

    pub fn append(&mut self, review_id: u64, review: &Review) -> anyhow::Result<()> {
        let ids = self.ids.take::<PHOTOS_MAX>(review.photos, &mut self.stream);
        for id in ids.into_iter().take(review.photos) {
            self.url.clear();
            write_url(&mut self.url, &mut self.stream);
            self.sheet.row().number(id).number(review_id).text(&self.url).end()?;
        }
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}
