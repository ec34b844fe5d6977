//! The rows of a set of files as they are meant, whatever they look like in the files: each with
//! its id, in the order of its file, bad ones among them.

/// Rows with their ids. An id may come more than once, and be none.
pub type Rows<R> = Vec<(i64, R)>;

#[derive(Clone, Default)]
pub struct Set {
    pub products: Rows<Product>,
    pub features: Rows<Feature>,
    pub styles: Rows<Style>,
    pub style_photos: Rows<StylePhoto>,
    pub skus: Rows<Sku>,
    pub related: Rows<Related>,
    pub carts: Rows<Cart>,
    pub characteristics: Rows<Characteristic>,
    pub review_photos: Rows<Photo>,
    pub reviews: Rows<Review>,
    pub values: Rows<Value>,
    pub questions: Rows<Post>,
    pub answer_photos: Rows<Photo>,
    pub answers: Rows<Post>,
}

#[derive(Clone)]
pub struct Product {
    pub name: String,
    pub slogan: String,
    pub description: String,
    pub category: String,
    pub price_cents: Option<i64>,
}

#[derive(Clone)]
pub struct Feature {
    pub product_id: i64,
    pub feature: Option<String>,
    pub value: Option<String>,
}

#[derive(Clone)]
pub struct Style {
    pub product_id: i64,
    pub name: String,
    pub sale_cents: Option<i64>,
    pub price_cents: Option<i64>,
    pub is_default: bool,
}

#[derive(Clone)]
pub struct StylePhoto {
    pub style_id: i64,
    pub url: Option<String>,
    pub thumbnail_url: Option<String>,
}

#[derive(Clone)]
pub struct Sku {
    pub style_id: i64,
    pub size: Option<String>,
    pub quantity: Option<i64>,
}

#[derive(Clone)]
pub struct Related {
    pub product_id: i64,
    pub related_product_id: i64,
}

#[derive(Clone)]
pub struct Cart {
    pub product_id: i64,
}

#[derive(Clone)]
pub struct Characteristic {
    pub product_id: i64,
    pub name: String,
}

/// A photo of a review or of an answer.
#[derive(Clone)]
pub struct Photo {
    pub post_id: i64,
    pub url: String,
}

#[derive(Clone)]
pub struct Review {
    pub product_id: i64,
    pub rating: i64,
    pub date_ms: i64,
    pub summary: String,
    pub body: String,
    pub recommend: bool,
    pub reported: bool,
    pub name: String,
    pub response: Option<String>,
    pub helpfulness: i64,
}

/// What a review gave a characteristic.
#[derive(Clone)]
pub struct Value {
    pub characteristic_id: i64,
    pub review_id: i64,
    pub value: i64,
}

/// A question of a product, or an answer to a question.
#[derive(Clone)]
pub struct Post {
    pub parent_id: i64,
    pub body: String,
    pub date_ms: i64,
    pub name: String,
    pub reported: bool,
    pub helpfulness: i64,
}
