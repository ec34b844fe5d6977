//! Paths and bodies with random ids in them: `{product}`, `{product:last10}`, `{product#2}`.
//!
//! Pure. `:last10` is the last tenth of what there is, `:hot` always the same one, and requests of
//! one pass (a page) get the same id for the same placeholder; `#2` makes it another one.

use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::fmt::Write;

/// How many there are of each; their ids begin at 1 and have no gaps.
#[derive(Clone, Copy, Debug)]
pub struct Shop {
    pub products: u32,
    pub questions: u32,
    pub reviews: u32,
}

/// Products on a page of the catalogue.
const PAGE_PRODUCTS: u32 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Thing {
    Product,
    Question,
    Review,
    /// Of the catalogue.
    Page,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    All,
    Last10,
    Hot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Placeholder {
    thing: Thing,
    range: Range,
    tag: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Id(Placeholder),
}

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

impl Template {
    /// # Errors
    /// A placeholder that is not known. A brace that no letter follows is text: bodies are JSON.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        let mut plain = String::new();
        while let Some(open) = rest.find('{') {
            plain.push_str(&rest[..open]);
            rest = &rest[open + 1..];
            if !rest.starts_with(|it: char| it.is_ascii_alphabetic()) {
                plain.push('{');
                continue;
            }
            let close = rest.find('}').context("a placeholder without its closing brace")?;
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Id(Placeholder::parse(&rest[..close])?));
            rest = &rest[close + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// The same text with the ids of another range where it has those of all.
    #[must_use]
    pub fn narrowed(&self, range: Range) -> Self {
        let narrowed = |part: &Part| match part {
            Part::Id(it) if it.range == Range::All => Part::Id(Placeholder { range, ..*it }),
            part => part.clone(),
        };
        Self(self.0.iter().map(narrowed).collect())
    }

    /// The text with ids drawn.
    pub fn fill(&self, draw: &mut Draw) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(it) => text.push_str(it),
                Part::Id(it) => {
                    let _ = write!(text, "{}", draw.id(*it));
                }
            }
        }
        text
    }
}

impl Placeholder {
    fn parse(text: &str) -> Result<Self> {
        let (text, tag) = match text.split_once('#') {
            Some((text, tag)) => (text, tag.parse().context("after # comes a small number")?),
            None => (text, 0),
        };
        let (thing, range) = match text.split_once(':') {
            None => (text, Range::All),
            Some((thing, "last10")) => (thing, Range::Last10),
            Some((thing, "hot")) => (thing, Range::Hot),
            Some((_, range)) => bail!("no range is called {range}: last10, hot"),
        };
        let thing = match thing {
            "product" => Thing::Product,
            "question" => Thing::Question,
            "review" => Thing::Review,
            "page" => Thing::Page,
            _ => bail!("nothing is called {thing}: product, question, review, page"),
        };
        Ok(Self { thing, range, tag })
    }
}

/// Draws ids, the same ones for the same seed.
#[derive(Debug)]
pub struct Draw {
    shop: Shop,
    random: fastrand::Rng,
    /// Ids of this pass.
    drawn: HashMap<Placeholder, u32>,
}

impl Draw {
    #[must_use]
    pub fn new(shop: Shop, seed: u64) -> Self {
        Self { shop, random: fastrand::Rng::with_seed(seed), drawn: HashMap::new() }
    }

    /// Begins another pass: what was drawn is forgotten.
    pub fn next_pass(&mut self) {
        self.drawn.clear();
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.random.u32(..bound)
    }

    fn id(&mut self, placeholder: Placeholder) -> u32 {
        let last = match placeholder.thing {
            Thing::Product => self.shop.products,
            Thing::Question => self.shop.questions,
            Thing::Review => self.shop.reviews,
            Thing::Page => self.shop.products / PAGE_PRODUCTS,
        }
        .max(1);
        let random = &mut self.random;
        *self.drawn.entry(placeholder).or_insert_with(|| match placeholder.range {
            Range::All => random.u32(1..=last),
            Range::Last10 => random.u32(last - last / 10..=last),
            Range::Hot => (last / 5 * 2).max(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: Shop = Shop { products: 1000, questions: 4000, reviews: 5000 };

    fn filled(text: &str, draw: &mut Draw) -> String {
        Template::parse(text).unwrap().fill(draw)
    }

    #[test]
    fn a_pass_has_one_id_for_a_placeholder_and_others_for_tags() {
        let mut draw = Draw::new(SHOP, 1);
        let first = filled("{product}/{product}/{product#1}", &mut draw);
        let ids: Vec<&str> = first.split('/').collect();
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2]);
        draw.next_pass();
        assert_ne!(filled("{product}/{product}/{product#1}", &mut draw), first);
    }

    #[test]
    fn ids_stay_in_their_range() {
        let mut draw = Draw::new(SHOP, 2);
        let mut seen = std::collections::HashSet::new();
        for _ in 0..10_000 {
            draw.next_pass();
            let text = filled("{product} {product:last10} {product:hot} {page}", &mut draw);
            let ids: Vec<u32> = text.split(' ').map(|it| it.parse().unwrap()).collect();
            assert!((1..=1000).contains(&ids[0]));
            assert!((900..=1000).contains(&ids[1]));
            assert_eq!(ids[2], 400);
            assert!((1..=200).contains(&ids[3]));
            seen.insert(ids[0]);
        }
        assert_eq!(seen.len(), 1000);
    }

    #[test]
    fn json_is_text() {
        let mut draw = Draw::new(Shop { products: 1, questions: 1, reviews: 1 }, 3);
        let body = filled(r#"{"product_id":{product},"characteristics":{}}"#, &mut draw);
        assert_eq!(body, r#"{"product_id":1,"characteristics":{}}"#);
    }

    #[test]
    fn a_narrowed_template_keeps_what_is_narrow() {
        let template = Template::parse("{product}{product:hot}").unwrap().narrowed(Range::Last10);
        assert_eq!(template, Template::parse("{product:last10}{product:hot}").unwrap());
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for text in ["/{producs}", "/{product:first}", "/{product", "/{product#x}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }
}
