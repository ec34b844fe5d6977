//! The shop's vocabulary: what there is to sell, and the sentences that are said of it.
//!
//! Plain tables. Which entry is taken is decided by the callers; the order of a table is part of
//! the data's form, and a change of it changes what a seed makes.

mod accessories;
mod bad;
mod clothes;
mod descriptions;
mod features;
mod good;
mod mixed;
mod scenes;
mod shoes;
mod sizes;
mod slots;
mod talk;
mod topics;

pub use descriptions::{DESCRIPTIONS, LABELS, SLOGANS};
pub use features::Values;
pub use scenes::SCENES;
pub use slots::{
    BAD, COLOURS, COMPLIMENTS, DESTINATIONS, GOOD, OCCASIONS, PASTIMES, PERSONS, PLACES, TIMES,
};

pub use talk::{EMOJI, GREETINGS, LEADS, PARTINGS, REASONS, SHRUGS};
pub use topics::{Topic, topic};

use super::review::Mood;
use super::stream::Stream;
use features::Feature;

/// One shelf of the shop.
#[derive(Debug)]
pub struct Category {
    pub name: &'static str,
    /// Of 10,000 products, how many stand on this shelf.
    pub weight: u32,
    /// In the order of their ids.
    pub characteristics: &'static [&'static str],
    /// Lowest and highest price in whole units.
    pub price: (u64, u64),
    pub sizes: &'static [&'static str],
    pub features: &'static [Feature],
    pub nouns: &'static [Noun],
    pub materials: &'static [&'static str],
    /// Parts of such a product, in the singular.
    pub parts: &'static [&'static str],
    /// Sentences of its descriptions.
    pub pitches: &'static [&'static str],
    /// Sentences of contented customers.
    pub praise: &'static [&'static str],
    /// Sentences of the others.
    pub gripes: &'static [&'static str],
}

/// What a product is, and how a sentence speaks of it.
#[derive(Clone, Copy, Debug)]
pub struct Noun {
    pub word: &'static str,
    /// "a", "an" or "a pair of".
    pub article: &'static str,
    pub plural: bool,
}

/// What is said in one mood.
#[derive(Debug)]
pub struct Vocabulary {
    pub summaries: &'static [&'static str],
    pub openers: &'static [&'static str],
    pub remarks: &'static [&'static str],
    pub closers: &'static [&'static str],
    pub emoji: &'static [&'static str],
    /// The seller's.
    pub responses: &'static [&'static str],
}

/// What can be rated of things to wear.
const WORN: &[&str] = &["Fit", "Length", "Comfort", "Quality"];

/// What can be rated of things that are put on or carried.
const CARRIED: &[&str] = &["Size", "Width", "Comfort", "Quality"];

/// What can be rated of everything else.
const PLAIN: &[&str] = &["Quality"];

const CATEGORIES: [&Category; 15] = [
    &clothes::JACKETS,
    &clothes::PANTS,
    &clothes::TOPS,
    &clothes::DRESSES,
    &clothes::KNITWEAR,
    &shoes::KICKS,
    &shoes::BOOTS,
    &shoes::DRESS_SHOES,
    &accessories::HATS,
    &accessories::BELTS,
    &accessories::BAGS,
    &accessories::TRINKETS,
    &accessories::SOFT_ACCESSORIES,
    &accessories::JEWELRY,
    &accessories::WATCHES,
];

/// The category of a product.
pub fn category(stream: &mut Stream) -> &'static Category {
    CATEGORIES[stream.weighted(&CATEGORIES.map(|category| category.weight))]
}

/// The category of product 1, whose first noun is the onesie.
pub fn first_category() -> &'static Category {
    &clothes::JACKETS
}

/// What is said in this mood.
pub fn vocabulary(mood: Mood) -> &'static Vocabulary {
    match mood {
        Mood::Good => &good::VOCABULARY,
        Mood::Mixed => &mixed::VOCABULARY,
        Mood::Bad => &bad::VOCABULARY,
    }
}

/// A noun that takes "a".
const fn a(word: &'static str) -> Noun {
    Noun { word, article: "a", plural: false }
}

/// A noun that takes "an".
const fn an(word: &'static str) -> Noun {
    Noun { word, article: "an", plural: false }
}

/// A noun that comes in pairs.
pub const fn pair(word: &'static str) -> Noun {
    Noun { word, article: "a pair of", plural: true }
}

/// Everything that has slots.
#[cfg(test)]
pub fn templates() -> Vec<&'static str> {
    let mut all = [SLOGANS, DESCRIPTIONS, SCENES].concat();
    for category in CATEGORIES {
        all.extend([category.pitches, category.praise, category.gripes].concat());
    }
    for mood in [Mood::Good, Mood::Mixed, Mood::Bad] {
        let said = vocabulary(mood);
        all.extend([said.summaries, said.openers, said.remarks].concat());
        all.extend([said.closers, said.responses].concat());
    }
    for topic in topics::all() {
        all.extend([topic.questions, topic.good, topic.bad, topic.seller].concat());
    }
    all.extend([GREETINGS, REASONS, LEADS, PARTINGS, SHRUGS].concat());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3.348 characteristics a product, as in the real files: four, or one for 2,174 of 10,000.
    #[test]
    fn the_categories_make_the_real_mean_of_characteristics() {
        let weights = |count: Option<usize>| {
            let counted = CATEGORIES
                .iter()
                .filter(|category| count.is_none_or(|n| n == category.characteristics.len()));
            counted.map(|category| category.weight).sum::<u32>()
        };
        assert_eq!(weights(None), 10_000);
        assert_eq!(weights(Some(1)), 2_174);
        assert_eq!(weights(Some(4)), 7_826);
    }

    #[test]
    fn no_table_is_short_or_says_a_thing_twice() {
        for category in CATEGORIES {
            assert!(category.nouns.len() >= 6, "{}", category.name);
            assert!(category.features.len() >= 8, "{}", category.name);
            for feature in category.features {
                let values: &[&str] =
                    if let Values::Of(values) = feature.values { values } else { &[] };
                assert!(feature.name.len() <= 24);
                assert!(values.iter().all(|value| value.len() <= 30));
            }
            assert!(category.sizes.iter().all(|size| size.len() <= 10));
            for table in [category.materials, category.parts, category.praise, category.gripes] {
                assert!(table.len() >= 5, "{}", category.name);
            }
        }
        for mood in [Mood::Good, Mood::Mixed, Mood::Bad] {
            let said = vocabulary(mood);
            assert!(said.openers.len() >= 18 && said.remarks.len() >= 18);
        }
        let mut all = templates();
        all.sort_unstable();
        // Both halves of the accessories have the same sentences.
        let shared = all.windows(2).filter(|pair| pair[0] == pair[1]).count();
        let accessories = &accessories::TRINKETS;
        let tables = [accessories.pitches, accessories.praise, accessories.gripes];
        assert_eq!(shared, tables.map(<[&str]>::len).iter().sum());
    }
}
