//! features.csv: up to six rows a product, their names and values fitting its category.
//! A feature that a product just has, such as UV protection, has a null for its value.

use crate::generate::FileSummary;
use crate::generate::deal::{Band, Deal, exactly};
use crate::generate::product::{Product, push_title};
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use crate::generate::words::Values;
use std::path::Path;

const HEADER: &str = "id,product_id,feature,value";

/// 1,011 products with 2,244 features: 2.2196 each, as in the real files.
const BANDS: [Band; 7] = [
    exactly(0, 110),
    exactly(1, 131),
    exactly(2, 389),
    exactly(3, 240),
    exactly(4, 100),
    exactly(5, 31),
    exactly(6, 10),
];

/// The least features of product 1: its fabric and its buttons.
const FIRST_FEATURES_MIN: u64 = 2;

/// features.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    counts: Deal,
    next_id: u64,
    material: String,
}

impl File {
    pub fn create(directory: &Path, seed: u64) -> anyhow::Result<Self> {
        Ok(Self {
            sheet: Sheet::create(directory, "features.csv", HEADER)?,
            counts: Deal::new(seed, Purpose::FeatureCounts, &BANDS),
            next_id: 1,
            material: String::new(),
        })
    }

    pub fn append(&mut self, seed: u64, product: &Product) -> anyhow::Result<()> {
        let mut stream = Stream::new(seed, u64::from(product.id), Purpose::Features);
        let mut count = self.counts.rows(product.id, &mut stream);
        let features = product.category.features;
        // The list is walked from a random place on, so that no feature comes twice.
        let mut start = stream.index(features.len());
        if product.is_first() {
            count = count.max(FIRST_FEATURES_MIN);
            start = 0;
        }
        for feature in features.iter().cycle().skip(start).take(usize::try_from(count)?) {
            let row = self.sheet.row().number(self.next_id).number(u64::from(product.id));
            let row = row.text(feature.name);
            let row = match feature.values {
                Values::Material => {
                    self.material.clear();
                    push_title(&mut self.material, product.material);
                    row.text(&self.material)
                }
                Values::Of(values) if product.is_first() => row.text(values[0]),
                Values::Of(values) => row.text(stream.pick(values)),
                Values::Null => row.null(),
            };
            row.end()?;
            self.next_id += 1;
        }
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::deal::round_rows_twice;
    use super::*;

    #[test]
    fn the_bands_make_a_round_with_the_real_mean() {
        assert_eq!(round_rows_twice(&BANDS), 2 * 2_244);
    }
}
