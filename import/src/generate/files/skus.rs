//! skus.csv: each size of each style with the quantity in stock.
//! A few styles have no sizes at all, and now and then a size comes twice, as in the real file.

use crate::generate::FileSummary;
use crate::generate::product::Product;
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use std::path::Path;

const HEADER: &str = "id,styleId,size,quantity";

/// Styles without sizes, and styles one of whose sizes comes twice; of a thousand.
const NONE_OF_1000: u32 = 30;
const TWICE_OF_1000: u32 = 30;

/// Sizes that a style lacks, of a thousand. With the shares of the categories this makes 5.783
/// rows a style, as in the real files.
const LACKING_OF_1000: u32 = 20;

/// Sizes that are sold out, of a thousand.
const SOLD_OUT_OF_1000: u32 = 60;

/// The most that is in stock of one size.
const QUANTITY_MAX: u64 = 60;

/// skus.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    stream: Stream,
    next_id: u64,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            sheet: Sheet::create(directory, "skus.csv", HEADER)?,
            stream: Stream::new(0, 0, Purpose::Skus),
            next_id: 1,
        })
    }

    /// Turns to the styles of `product`.
    pub fn begin(&mut self, seed: u64, product: &Product) {
        self.stream = Stream::new(seed, u64::from(product.id), Purpose::Skus);
    }

    pub fn append(&mut self, style_id: u64, product: &Product) -> anyhow::Result<()> {
        let (sizes, is_first) = (product.category.sizes, product.is_first());
        if self.stream.chance(NONE_OF_1000) && !is_first {
            return Ok(());
        }
        // A thing of one size has it once.
        let twice = (sizes.len() > 1 && self.stream.chance(TWICE_OF_1000))
            .then(|| self.stream.index(sizes.len()));
        for (place, size) in sizes.iter().enumerate() {
            if sizes.len() > 1 && self.stream.chance(LACKING_OF_1000) && !is_first {
                continue;
            }
            let rows = if twice == Some(place) { 2 } else { 1 };
            for _ in 0..rows {
                self.append_size(style_id, size, is_first)?;
            }
        }
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }

    fn append_size(&mut self, style_id: u64, size: &str, is_first: bool) -> anyhow::Result<()> {
        let is_sold_out = self.stream.chance(SOLD_OUT_OF_1000) && !is_first;
        let quantity = if is_sold_out { 0 } else { self.stream.between(1, QUANTITY_MAX) };
        let row = self.sheet.row().number(self.next_id).number(style_id);
        self.next_id += 1;
        row.text(size).number(quantity).end()
    }
}
