//! What is known of a product before a row is written: every room of `files` and every sentence
//! takes its facts from here.
//!
//! Product 1 is the one that people look at first, so its name and a decent page are given.

use super::popularity::Popularity;
use super::stream::{Purpose, Stream};
use super::words::{self, Category, Noun};

/// Names are at most this long, as in the real file.
const NAME_BYTES_MAX: usize = 30;

/// The least reviews of product 1; every second one has photos.
const FIRST_REVIEWS_MIN: u64 = 36;

/// The time of the first review that there can be, 2018-01-01, in milliseconds.
const OPENED_MS: u64 = 1_514_764_800_000;

/// The launch of the newest products, 2022-12-31; the last reviews are a year younger.
const LAUNCHED_MS_MAX: u64 = 1_672_444_800_000;

/// How good a product is, with how many of a hundred products are so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    Fine,
    Good,
    Fair,
    Poor,
}

const QUALITIES: [(Quality, u32); 4] =
    [(Quality::Fine, 35), (Quality::Good, 40), (Quality::Fair, 18), (Quality::Poor, 7)];

/// One product.
#[derive(Debug)]
pub struct Product {
    pub id: u32,
    pub name: String,
    pub category: &'static Category,
    pub noun: Noun,
    pub material: &'static str,
    /// The first one is what most customers buy.
    pub colours: [&'static str; 3],
    /// Whole units of the shop's currency.
    pub price: u64,
    pub quality: Quality,
    /// Reviews are younger than this; milliseconds since 1970.
    pub launched_ms: u64,
    pub reviews: u64,
}

impl Product {
    /// The product with this id; the same whatever others were drawn before.
    pub fn draw(seed: u64, id: u32, popularity: &mut Popularity) -> Self {
        let mut stream = Stream::new(seed, u64::from(id), Purpose::Product);
        let reviews = popularity.reviews(id, &mut stream);
        let category = words::category(&mut stream);
        let noun = stream.pick(category.nouns);
        let material = stream.pick(category.materials);
        let mut product = Self {
            id,
            name: name(noun, material, &mut stream),
            category,
            noun,
            material,
            colours: colours(&mut stream),
            price: price(category, &mut stream),
            quality: QUALITIES[stream.weighted(&QUALITIES.map(|(_, weight)| weight))].0,
            launched_ms: stream.between(OPENED_MS, LAUNCHED_MS_MAX),
            reviews,
        };
        if id == 1 {
            product.become_first();
        }
        product
    }

    /// Whether this is the product that everybody sees first.
    pub fn is_first(&self) -> bool {
        self.id == 1
    }

    fn become_first(&mut self) {
        self.category = words::first_category();
        self.noun = self.category.nouns[0];
        self.material = self.category.materials[0];
        "Camo Onesie".clone_into(&mut self.name);
        self.price = 140;
        self.quality = Quality::Good;
        self.reviews = self.reviews.max(FIRST_REVIEWS_MIN);
    }
}

/// A label and a noun, now and then with the material: "Slow Sunday Corduroy Trousers".
fn name(noun: Noun, material: &str, stream: &mut Stream) -> String {
    let mut name = String::with_capacity(NAME_BYTES_MAX);
    let kind = stream.weighted(&[60, 25, 15]);
    if kind != 2 {
        name.push_str(stream.pick(words::LABELS));
        name.push(' ');
    }
    let rest = material.len() + 1 + noun.word.len();
    if kind != 0 && name.len() + rest <= NAME_BYTES_MAX {
        push_title(&mut name, material);
        name.push(' ');
    }
    push_title(&mut name, noun.word);
    name
}

/// Three that differ: the steps are shorter than the list, and so is their sum.
fn colours(stream: &mut Stream) -> [&'static str; 3] {
    let first = stream.index(words::COLOURS.len());
    [0, 5, 11].map(|step| words::COLOURS[(first + step) % words::COLOURS.len()])
}

/// Each word with a capital: "rain jacket" becomes "Rain Jacket".
pub fn push_title(out: &mut String, words: &str) {
    let mut start = true;
    for letter in words.chars() {
        out.push(if start { letter.to_ascii_uppercase() } else { letter });
        start = letter == ' ';
    }
}

/// Whole prices, the cheap half of the range twice as likely, a third of them ending in 9.
fn price(category: &Category, stream: &mut Stream) -> u64 {
    let (low, high) = category.price;
    let top = if stream.chance(333) { high } else { low.midpoint(high) };
    let price = stream.between(low, top);
    if stream.chance(333) { price / 10 * 10 + 9 } else { price }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn products(seed: u64, count: u32) -> Vec<Product> {
        let mut popularity = Popularity::new(seed);
        (1..=count).map(|id| Product::draw(seed, id, &mut popularity)).collect()
    }

    #[test]
    fn the_first_product_is_the_same_for_every_seed() {
        for seed in 0..20 {
            let first = products(seed, 1).remove(0);
            assert_eq!(first.name, "Camo Onesie");
            assert_eq!(first.category.name, "Jackets");
            assert_eq!(first.category.characteristics, ["Fit", "Length", "Comfort", "Quality"]);
            assert!(first.reviews >= FIRST_REVIEWS_MIN);
        }
    }

    #[test]
    fn names_fit_their_column_and_name_the_thing() {
        for product in products(3, 3_000) {
            assert!(product.name.len() <= NAME_BYTES_MAX, "{}", product.name);
            assert!(product.name.to_lowercase().ends_with(&product.noun.word.to_lowercase()));
        }
    }

    #[test]
    fn a_product_does_not_depend_on_its_neighbours() {
        let alone = Product::draw(9, 2_500, &mut Popularity::new(9));
        let last = products(9, 2_500).pop().unwrap();
        assert_eq!((alone.name, alone.price), (last.name, last.price));
        assert_eq!((alone.launched_ms, alone.reviews), (last.launched_ms, last.reviews));
    }
}
