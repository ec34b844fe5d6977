//! styles.csv: up to six rows a product, named by their colours.
//! Prices and the default were drawn before; this room finds the names.

use crate::generate::FileSummary;
use crate::generate::product::{Product, push_title};
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use crate::generate::style::Style;
use crate::generate::words::COLOURS;
use std::path::Path;

const HEADER: &str = "id,productId,name,sale_price,original_price,default_style";

/// Styles of two colours, of a thousand.
const PAIRS_OF_1000: u32 = 450;

/// From one colour of the list to the next style's: without a common divisor with its length,
/// so that no two styles of a product have the same name.
const COLOUR_STEP: usize = 5;

/// The first style of product 1.
const FIRST_NAME: &str = "Forest Green & Black";

/// styles.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    stream: Stream,
    colour: usize,
    name: String,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            sheet: Sheet::create(directory, "styles.csv", HEADER)?,
            stream: Stream::new(0, 0, Purpose::StyleText),
            colour: 0,
            name: String::new(),
        })
    }

    /// Turns to the styles of `product`; the first of them has the colour that most people buy.
    pub fn begin(&mut self, seed: u64, product: &Product) {
        self.stream = Stream::new(seed, u64::from(product.id), Purpose::StyleText);
        let is_main = |colour: &&str| *colour == product.colours[0];
        self.colour = COLOURS.iter().position(is_main).unwrap_or(0);
    }

    pub fn append(&mut self, id: u64, product: &Product, style: &Style) -> anyhow::Result<()> {
        self.name.clear();
        write_name(&mut self.name, self.colour, &mut self.stream);
        self.colour = (self.colour + COLOUR_STEP) % COLOURS.len();
        if product.is_first() && style.place == 0 {
            FIRST_NAME.clone_into(&mut self.name);
        }
        let row = self.sheet.row().number(id).number(u64::from(product.id)).text(&self.name);
        let row = match style.sale_price {
            Some(price) => row.number(price),
            None => row.null(),
        };
        row.number(style.original_price).flag(style.is_default).end()
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}

/// "Sand", or "Sand & Off-white".
fn write_name(out: &mut String, colour: usize, stream: &mut Stream) {
    push_title(out, COLOURS[colour]);
    if stream.chance(PAIRS_OF_1000) {
        let step = 1 + stream.index(COLOURS.len() - 1);
        out.push_str(" & ");
        push_title(out, COLOURS[(colour + step) % COLOURS.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_their_column_and_differ_in_their_first_colour() {
        let mut stream = Stream::new(1, 1, Purpose::StyleText);
        let mut firsts = Vec::new();
        for place in 0..COLOURS.len() {
            let mut name = String::new();
            write_name(&mut name, place * COLOUR_STEP % COLOURS.len(), &mut stream);
            assert!((3..=30).contains(&name.len()), "{name}");
            let (first, second) = name.split_once(" & ").unwrap_or((&name, ""));
            assert_ne!(first, second);
            firsts.push(first.to_owned());
        }
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), COLOURS.len());
    }
}
