//! product.csv: one row a product, its slogan and its description.
//! The facts in the row were drawn before; this room finds the words for them.

use crate::generate::FileSummary;
use crate::generate::product::Product;
use crate::generate::sentence::fill;
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use crate::generate::words::{DESCRIPTIONS, SLOGANS};
use std::path::Path;

const HEADER: &str = "id,name,slogan,description,category,default_price";

/// product.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    slogan: String,
    description: String,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        let sheet = Sheet::create(directory, "product.csv", HEADER)?;
        Ok(Self { sheet, slogan: String::new(), description: String::new() })
    }

    pub fn append(&mut self, seed: u64, product: &Product) -> anyhow::Result<()> {
        let mut stream = Stream::new(seed, u64::from(product.id), Purpose::ProductText);
        self.slogan.clear();
        fill(&mut self.slogan, stream.pick(SLOGANS), product, &mut stream);
        self.description.clear();
        describe(&mut self.description, product, &mut stream);
        self.sheet
            .row()
            .number(u64::from(product.id))
            .text(&product.name)
            .text(&self.slogan)
            .text(&self.description)
            .text(product.category.name)
            .number(product.price)
            .end()
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}

/// One sentence of any product, one or two of its category, often one more; double spaces
/// between them now and then.
fn describe(out: &mut String, product: &Product, stream: &mut Stream) {
    let gap = if stream.chance(150) { "  " } else { " " };
    let pitches = product.category.pitches;
    let (general, pitch) = (stream.index(DESCRIPTIONS.len()), stream.index(pitches.len()));
    fill(out, DESCRIPTIONS[general], product, stream);
    out.push_str(gap);
    fill(out, pitches[pitch], product, stream);
    if stream.chance(500) {
        out.push_str(gap);
        fill(out, pitches[(pitch + 1) % pitches.len()], product, stream);
    }
    if stream.chance(400) {
        out.push_str(gap);
        fill(out, DESCRIPTIONS[(general + 1) % DESCRIPTIONS.len()], product, stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::popularity::Popularity;

    #[test]
    fn slogans_and_descriptions_fit_their_columns() {
        let mut popularity = Popularity::new(6);
        for id in 1..=3_000 {
            let product = Product::draw(6, id, &mut popularity);
            let mut stream = Stream::new(6, u64::from(id), Purpose::ProductText);
            let mut text = String::new();
            describe(&mut text, &product, &mut stream);
            assert!((60..=512).contains(&text.chars().count()), "{text}");
            for slogan in SLOGANS {
                text.clear();
                fill(&mut text, slogan, &product, &mut stream);
                assert!((8..=100).contains(&text.chars().count()), "{text}");
            }
            assert!(product.category.name.len() <= 20);
        }
    }
}
