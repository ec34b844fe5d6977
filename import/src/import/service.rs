//! The three services of a set, each loaded for itself: its files, then its keys and indexes, then
//! what is rendered from them. They share the products' ids and nothing else, so that they can be
//! loaded side by side.

use super::index::{Budget, IdSet};
use super::session::{Figure, Session};
use super::shop::Shop;
use super::source::Ledger;
use super::sources::{CatalogueFiles, QuestionFiles, ReviewFiles};
use super::staging::{Kept, Sequence};
use super::styles;
use super::{album_file, answers, answers_photos, cart, characteristic_reviews, characteristics};
use super::{features, photos, questions, related, review_meta, reviews, reviews_photos, skus};
use anyhow::bail;
use std::str::FromStr;
use std::time::Duration;

/// The tables that documents are rendered from: statistics show the planner that their rows lie in
/// the order of their keys, which spares a sort of all photos.
const CATALOGUE: [&str; 6] =
    ["products", "features", "styles", "style_photos", "skus", "related_products"];

const DOCUMENTS: [&str; 2] = ["product_documents", "style_documents"];

/// What gets its keys when the documents are there.
const LATER: [&str; 3] = ["product_documents", "style_documents", "legacy_carts"];

const REVIEWS: [&str; 4] = ["reviews", "characteristics", "characteristic_reviews", "review_meta"];

const QUESTIONS: [&str; 2] = ["questions", "answers"];

const REVIEW_SEQUENCES: [&str; 2] = ["review_ids", "review_photo_ids"];

const QUESTION_SEQUENCES: [&str; 3] = ["question_ids", "answer_ids", "answer_photo_ids"];

/// The services of a set that are loaded. The products themselves always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Services {
    /// The catalogue, with all that its pages show.
    pub products: bool,
    pub reviews: bool,
    /// Questions and answers.
    pub qa: bool,
}

impl Services {
    pub const ALL: Self = Self { products: true, reviews: true, qa: true };
    const NONE: Self = Self { products: false, reviews: false, qa: false };

    /// What the others have.
    pub(super) fn kept(self) -> Kept {
        let mut kept = Kept::default();
        if !self.products {
            // But for the products.
            kept.tables.extend(&CATALOGUE[1..]);
            kept.tables.extend(LATER);
            kept.tables.push("carts");
        }
        if !self.reviews {
            kept.tables.extend(REVIEWS);
            kept.sequences.extend(REVIEW_SEQUENCES);
        }
        if !self.qa {
            kept.tables.extend(QUESTIONS);
            kept.sequences.extend(QUESTION_SEQUENCES);
        }
        kept
    }
}

impl FromStr for Services {
    type Err = anyhow::Error;

    /// Names with commas between them.
    fn from_str(names: &str) -> anyhow::Result<Self> {
        let mut services = Self::NONE;
        for name in names.split(',') {
            match name.trim() {
                "products" => services.products = true,
                "reviews" => services.reviews = true,
                "qa" => services.qa = true,
                other => bail!("{other:?} is none of products, reviews, qa"),
            }
        }
        Ok(services)
    }
}

/// What all services are given.
#[derive(Clone, Copy)]
pub struct Given<'g> {
    pub products: &'g IdSet,
    pub budget: &'g Budget,
}

/// What is to be said of a service that is loaded.
#[derive(Debug, Default)]
pub struct Done {
    pub sequences: Vec<Sequence>,
    pub indexes: Duration,
    pub documents: Duration,
    /// How many tables were found to hold what was loaded.
    pub checked: usize,
}

impl Done {
    /// Adds what is to be said of another service.
    pub fn absorb(&mut self, other: Self) {
        self.sequences.extend(other.sequences);
        self.indexes += other.indexes;
        self.documents += other.documents;
        self.checked += other.checked;
    }
}

/// Indexes the products, where nothing of the catalogue is loaded but them.
///
/// # Errors
/// When the database refuses.
pub fn products(session: &mut Session<'_>, ledger: &Ledger<'_>) -> anyhow::Result<Done> {
    let mut done = Done::default();
    done.indexes += session.index(&["products"], &[], ledger)?;
    done.indexes += session.analyze(&["products"], ledger)?;
    done.checked = session.check(&[], ledger)?;
    Ok(done)
}

/// Loads what the catalogue has besides its products, and renders the documents.
///
/// # Errors
/// When a file cannot be read or the database refuses.
pub fn catalogue(
    files: &mut CatalogueFiles,
    given: Given<'_>,
    session: &mut Session<'_>,
    ledger: &mut Ledger<'_>,
) -> anyhow::Result<Done> {
    let shop = &mut Shop::new(given.products, given.budget);
    features::load(&mut files.features, shop, ledger, session)?;
    styles::load(&mut files.styles, shop, ledger, session)?;
    photos::load(&mut files.photos, shop, ledger, session)?;
    skus::load(&mut files.skus, shop, ledger, session)?;
    related::load(&mut files.related, shop, ledger, session)?;
    if let Some(cart) = &mut files.cart {
        cart::load(cart, shop, ledger, session)?;
    }
    let mut done = Done::default();
    // The carts are empty, but have a key.
    done.indexes += session.index(&[&CATALOGUE[..], &["carts"]].concat(), &[], ledger)?;
    done.indexes += session.analyze(&CATALOGUE, ledger)?;
    done.documents += session.render(&DOCUMENTS, ledger)?;
    // Faster after the rows than with them.
    done.indexes += session.index(&LATER, &[], ledger)?;
    done.indexes += session.analyze(&LATER, ledger)?;
    session.expect("product_documents", given.products.len());
    done.checked = session.check(&[], ledger)?;
    Ok(done)
}

/// Loads the reviews and what belongs to them.
///
/// # Errors
/// When a file cannot be read or the database refuses.
pub fn reviews(
    files: &mut ReviewFiles,
    given: Given<'_>,
    session: &mut Session<'_>,
    ledger: &mut Ledger<'_>,
) -> anyhow::Result<Done> {
    let shop = &mut Shop::new(given.products, given.budget);
    characteristics::load(&mut files.characteristics, shop, ledger, session)?;
    let photos = &mut files.reviews_photos;
    let mut albums = album_file::read(photos, &mut shop.review_photos, ledger)?;
    let in_order = reviews::load(&mut files.reviews, shop, &mut albums, ledger, session)?;
    album_file::settle(photos, &albums, reviews_photos::PARENT, &shop.reviews, ledger)?;
    drop(albums);
    characteristic_reviews::load(&mut files.characteristic_reviews, shop, ledger, session)?;
    review_meta::load(shop, session)?;
    let out_of_order: &[_] = if in_order { &[] } else { &["reviews"] };
    let largest = [shop.reviews.largest(), shop.review_photos.largest()];
    let sequences = REVIEW_SEQUENCES.into_iter().zip(largest).collect();
    let mut done = Done { sequences, ..Done::default() };
    done.indexes += session.index(&REVIEWS, out_of_order, ledger)?;
    done.indexes += session.analyze(&REVIEWS, ledger)?;
    let sql = "select coalesce(sum(json_array_length(photos)), 0) from reviews".to_owned();
    let rows = files.reviews_photos.report.loaded;
    let photos = Figure { what: "photos of reviews", sql, rows };
    done.checked = session.check(&[photos], ledger)?;
    Ok(done)
}

/// Loads questions and answers.
///
/// # Errors
/// When a file cannot be read or the database refuses.
pub fn questions(
    files: &mut QuestionFiles,
    given: Given<'_>,
    session: &mut Session<'_>,
    ledger: &mut Ledger<'_>,
) -> anyhow::Result<Done> {
    let shop = &mut Shop::new(given.products, given.budget);
    let questions_in_order = questions::load(&mut files.questions, shop, ledger, session)?;
    let photos = &mut files.answers_photos;
    let mut albums = album_file::read(photos, &mut shop.answer_photos, ledger)?;
    let answers_in_order = answers::load(&mut files.answers, shop, &mut albums, ledger, session)?;
    album_file::settle(photos, &albums, answers_photos::PARENT, &shop.answers, ledger)?;
    drop(albums);
    let in_order = [questions_in_order, answers_in_order];
    let out_of_order = QUESTIONS.into_iter().zip(in_order).filter(|(_, in_order)| !in_order);
    let out_of_order: Vec<_> = out_of_order.map(|(table, _)| table).collect();
    let largest = [shop.questions.largest(), shop.answers.largest(), shop.answer_photos.largest()];
    let sequences = QUESTION_SEQUENCES.into_iter().zip(largest).collect();
    let mut done = Done { sequences, ..Done::default() };
    done.indexes += session.index(&QUESTIONS, &out_of_order, ledger)?;
    done.indexes += session.analyze(&QUESTIONS, ledger)?;
    let sql = "select coalesce(sum(cardinality(photo_ids)), 0) from answers".to_owned();
    let rows = files.answers_photos.report.loaded;
    let photos = Figure { what: "photos of answers", sql, rows };
    done.checked = session.check(&[photos], ledger)?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    #[test]
    fn services_are_named_with_commas_between_them() {
        let some = "reviews, qa".parse::<Services>().unwrap();
        assert_eq!(some, Services { products: false, reviews: true, qa: true });
        assert_eq!("qa,products,reviews".parse::<Services>().unwrap(), Services::ALL);
        for wrong in ["", "questions", "qa,,reviews"] {
            assert!(wrong.parse::<Services>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_table_and_sequence_belongs_to_a_service() {
        assert!(Services::ALL.kept().tables.is_empty());
        let Kept { tables, sequences } = Services::NONE.kept();
        let names = |kind: &str| {
            let lines = schema::TABLES.lines().filter_map(|line| line.strip_prefix(kind));
            let mut names: Vec<_> = lines.filter_map(|line| line.split(' ').next()).collect();
            // The products always are loaded, and so is what is said of the whole.
            names.retain(|name| !["products", "about"].contains(name));
            names.sort_unstable();
            names
        };
        let sorted = |mut names: Vec<&'static str>| {
            names.sort_unstable();
            names
        };
        assert_eq!(sorted(tables), names("create table "));
        assert_eq!(sorted(sequences), names("create sequence "));
    }
}
