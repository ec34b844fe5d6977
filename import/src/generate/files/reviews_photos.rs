//! reviews_photos.csv: up to five rows a review, their ids neither ascending nor without gaps.
//! How many photos a review has was drawn before; here are their ids and addresses.

use crate::generate::FileSummary;
use crate::generate::product::Product;
use crate::generate::review::{PHOTOS_MAX, Review};
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use std::fmt::Write;
use std::path::Path;

const HEADER: &str = "id,review_id,url";

/// Ids that are followed by a gap of one to three, of a thousand.
const GAPS_OF_1000: u32 = 4;

/// Neighbouring photos of a review whose ids changed places, of a thousand.
const SWAPS_OF_1000: u32 = 250;

/// The number in a photo's address is the time of its upload: 2013 to 2021, in milliseconds.
const UPLOADED_MS: (u64, u64) = (1_370_000_000_000, 1_620_000_000_000);

/// Widths in the addresses, in pixels.
const WIDTHS: [&str; 6] = ["300", "668", "750", "1050", "1350", "1650"];

/// reviews_photos.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    stream: Stream,
    next_id: u64,
    url: String,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            sheet: Sheet::create(directory, "reviews_photos.csv", HEADER)?,
            stream: Stream::new(0, 0, Purpose::ReviewPhotos),
            next_id: 1,
            url: String::new(),
        })
    }

    /// Turns to the reviews of `product`.
    pub fn begin(&mut self, seed: u64, product: &Product) {
        self.stream = Stream::new(seed, u64::from(product.id), Purpose::ReviewPhotos);
    }

    pub fn append(&mut self, review_id: u64, review: &Review) -> anyhow::Result<()> {
        for id in self.ids(review.photos).into_iter().take(review.photos) {
            self.url.clear();
            write_url(&mut self.url, &mut self.stream);
            self.sheet.row().number(id).number(review_id).text(&self.url).end()?;
        }
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }

    /// The ids of the next `count` photos, some of them swapped.
    fn ids(&mut self, count: usize) -> [u64; PHOTOS_MAX] {
        let mut ids = [0; PHOTOS_MAX];
        for id in ids.iter_mut().take(count) {
            *id = self.next_id;
            self.next_id += 1;
            if self.stream.chance(GAPS_OF_1000) {
                self.next_id += self.stream.between(1, 3);
            }
        }
        for place in 1..count {
            if self.stream.chance(SWAPS_OF_1000) {
                ids.swap(place - 1, place);
            }
        }
        ids
    }
}

/// Writes an address such as the real files have; nothing ever fetches it.
fn write_url(out: &mut String, stream: &mut Stream) {
    let (oldest, newest) = UPLOADED_MS;
    let uploaded = stream.between(oldest, newest);
    let mark = stream.between(0, (1 << 48) - 1);
    // Writing to a string never fails.
    let _ = write!(out, "https://images.unsplash.com/photo-{uploaded}-{mark:012x}");
    out.push_str("?ixlib=rb-1.2.1");
    if stream.chance(600) {
        out.push_str("&ixid=eyJhcHBfaWQiOjEyMDd9");
    }
    out.push_str("&auto=format&fit=crop&w=");
    out.push_str(stream.pick(&WIDTHS));
    out.push_str("&q=80");
}
