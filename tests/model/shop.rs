//! The model: a shop in maps by id. It takes rows one after the other, as an import has to.

use super::rows::{
    Characteristic, Feature, Photo, Post, Product, Related, Review, Rows, Set, Sku, Style,
    StylePhoto, Value,
};
use std::collections::BTreeMap;

pub type Table<R> = BTreeMap<i64, R>;

#[derive(Default)]
pub struct Model {
    pub products: Table<Product>,
    pub features: Table<Feature>,
    pub styles: Table<Style>,
    pub style_photos: Table<StylePhoto>,
    pub skus: Table<Sku>,
    pub related: Table<Related>,
    pub characteristics: Table<Characteristic>,
    pub reviews: Table<Review>,
    pub review_photos: Table<Photo>,
    pub values: Table<Value>,
    pub questions: Table<Post>,
    pub answers: Table<Post>,
    pub answer_photos: Table<Photo>,
    /// Skus and their counts by `Authorization`.
    pub carts: BTreeMap<&'static str, BTreeMap<i64, i64>>,
    /// When the products were imported, as replies say it.
    pub imported: String,
    /// `file read rejected loaded`, as the importer has to count them.
    pub counts: Vec<String>,
}

impl Model {
    /// Everything of a set that is not to be rejected.
    pub fn of(set: &Set) -> Self {
        let mut model = Self::default();
        let it = &mut model;
        let counts = &mut it.counts;
        it.products = load(counts, "product.csv", &set.products, |_| true);
        let is_product = |id: i64| it.products.contains_key(&id);
        it.features = load(counts, "features.csv", &set.features, |it| is_product(it.product_id));
        it.styles = load(counts, "styles.csv", &set.styles, |it| is_product(it.product_id));
        let is_style = |id: i64| it.styles.contains_key(&id);
        it.style_photos = load(counts, "photos.csv", &set.style_photos, |it| is_style(it.style_id));
        it.skus = load(counts, "skus.csv", &set.skus, |it| is_style(it.style_id));
        it.related = load(counts, "related.csv", &set.related, |it| {
            is_product(it.product_id) && is_product(it.related_product_id)
        });
        load(counts, "cart.csv", &set.carts, |it| is_product(it.product_id));
        it.characteristics = load(counts, "characteristics.csv", &set.characteristics, |it| {
            is_product(it.product_id)
        });
        let five = 1..=5;
        it.reviews = load(&mut Vec::new(), "", &set.reviews, |it| {
            is_product(it.product_id) && five.contains(&it.rating)
        });
        it.review_photos = photos(counts, "reviews_photos.csv", &set.review_photos, &it.reviews);
        count(counts, "reviews.csv", set.reviews.len(), it.reviews.len());
        it.values = load(counts, "characteristic_reviews.csv", &set.values, |value| {
            it.characteristics.contains_key(&value.characteristic_id)
                && it.reviews.contains_key(&value.review_id)
                && five.contains(&value.value)
        });
        it.questions = load(counts, "questions.csv", &set.questions, |it| is_product(it.parent_id));
        it.answers = load(&mut Vec::new(), "", &set.answers, |answer| {
            it.questions.contains_key(&answer.parent_id)
        });
        it.answer_photos = photos(counts, "answers_photos.csv", &set.answer_photos, &it.answers);
        count(counts, "answers.csv", set.answers.len(), it.answers.len());
        model
    }
}

fn count(counts: &mut Vec<String>, file: &str, read: usize, loaded: usize) {
    counts.push(format!("{file} {read} {} {loaded}", read - loaded));
}

/// Rows with an id, the first good one of each.
fn load<R: Clone>(
    counts: &mut Vec<String>,
    file: &str,
    rows: &Rows<R>,
    is_good: impl Fn(&R) -> bool,
) -> Table<R> {
    let mut table = Table::new();
    for (id, row) in rows.iter().filter(|(id, row)| *id > 0 && is_good(row)) {
        table.entry(*id).or_insert_with(|| row.clone());
    }
    count(counts, file, rows.len(), table.len());
    table
}

/// Photos are read before the posts that they belong to, so that the first of each id is the one
/// that counts, also when its post never comes.
fn photos<P>(
    counts: &mut Vec<String>,
    file: &str,
    rows: &Rows<Photo>,
    posts: &Table<P>,
) -> Table<Photo> {
    let mut table = load(&mut Vec::new(), "", rows, |photo| photo.post_id > 0);
    table.retain(|_, photo| posts.contains_key(&photo.post_id));
    count(counts, file, rows.len(), table.len());
    table
}
