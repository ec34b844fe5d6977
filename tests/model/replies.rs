//! What the model answers to a read, byte for byte.

use super::campus::Campus;
use super::dates;
use super::rows::{Photo, Post, Review};
use super::shop::{Model, Table};
use serde_json::{Map, Value, json};
use std::cmp::Reverse;

/// `page` and `count` as a query has them, or has them not.
#[derive(Clone, Copy)]
pub struct Page {
    pub page: Option<&'static str>,
    pub count: Option<&'static str>,
}

impl Page {
    fn number(text: Option<&str>, default: usize) -> usize {
        text.and_then(|text| text.parse().ok()).filter(|number| *number > 0).unwrap_or(default)
    }

    fn count(self) -> usize {
        Self::number(self.count, 5)
    }

    fn offset(self) -> usize {
        (Self::number(self.page, 1) - 1) * self.count()
    }

    fn of<T>(self, all: impl IntoIterator<Item = T>) -> Vec<T> {
        all.into_iter().skip(self.offset()).take(self.count()).collect()
    }
}

/// A text without the bytes that no database takes.
fn text(text: &str) -> String {
    text.replace('\0', "")
}

fn optional_text(optional: Option<&String>) -> Value {
    optional.map_or(Value::Null, |it| json!(text(it)))
}

fn price(cents: Option<i64>) -> Value {
    cents.map_or(Value::Null, |cents| json!(format!("{}.{:02}", cents / 100, cents % 100)))
}

/// The photos of one post, in the order of their ids.
fn album(photos: &Table<Photo>, post_id: i64) -> impl Iterator<Item = (i64, String)> {
    let of_post = photos.iter().filter(move |(_, photo)| photo.post_id == post_id);
    of_post.map(|(id, photo)| (*id, text(&photo.url)))
}

fn album_of_objects(photos: &Table<Photo>, post_id: i64) -> Value {
    album(photos, post_id).map(|(id, url)| json!({"id": id, "url": url})).collect()
}

/// An average as PostgreSQL prints it: sixteen digits, rounded half up.
fn average(values: &[i64]) -> Value {
    let count = i128::try_from(values.len()).unwrap();
    if count == 0 {
        return Value::Null;
    }
    let scale = 10_i128.pow(16);
    let sum = i128::from(values.iter().sum::<i64>());
    let rounded = (2 * sum * scale + count) / (2 * count);
    json!(format!("{}.{:016}", rounded / scale, rounded % scale))
}

impl Model {
    fn summary(&self, campus: Campus, product_id: i64, id: i64) -> Value {
        let product = &self.products[&product_id];
        json!({
            "id": id, "campus": campus.name(), "name": text(&product.name),
            "slogan": text(&product.slogan), "description": text(&product.description),
            "category": text(&product.category), "default_price": price(product.price_cents),
            "created_at": self.imported, "updated_at": self.imported,
        })
    }

    pub fn product_list(&self, campus: Campus, page: Page) -> Value {
        let (added, is_listed) = campus.list();
        let listed = page.of(self.products.keys().filter(|id| is_listed(**id)));
        listed.into_iter().map(|id| self.summary(campus, *id, id + added)).collect()
    }

    /// Nothing for a product that there is not.
    pub fn product(&self, campus: Campus, id: i64) -> Option<Value> {
        let (product_id, _) = campus.product(id);
        self.products.get(&product_id)?;
        let mut product = self.summary(campus, product_id, id);
        let features = self.features.values().filter(|it| it.product_id == product_id);
        product["features"] = features
            .map(|it| {
                let (feature, value) = (it.feature.as_ref(), it.value.as_ref());
                json!({"feature": optional_text(feature), "value": optional_text(value)})
            })
            .collect();
        Some(product)
    }

    pub fn styles(&self, campus: Campus, id: i64, id_text: &str) -> Value {
        let (product_id, _) = campus.product(id);
        let styles = self.styles.iter().filter(|(_, style)| style.product_id == product_id);
        let shown = styles.map(|(style_id, style)| {
            let photos = self.style_photos.values().filter(|photo| photo.style_id == *style_id);
            let mut photos: Vec<Value> = photos
                .map(|photo| {
                    json!({
                        "thumbnail_url": optional_text(photo.thumbnail_url.as_ref()),
                        "url": optional_text(photo.url.as_ref()),
                    })
                })
                .collect();
            if photos.is_empty() {
                photos.push(json!({"thumbnail_url": null, "url": null}));
            }
            let mut skus = Map::new();
            for (sku_id, sku) in self.skus.iter().filter(|(_, sku)| sku.style_id == *style_id) {
                let size = optional_text(sku.size.as_ref());
                skus.insert(sku_id.to_string(), json!({"quantity": sku.quantity, "size": size}));
            }
            if skus.is_empty() {
                skus.insert("null".to_owned(), json!({"quantity": null, "size": null}));
            }
            json!({
                "style_id": style_id, "name": text(&style.name),
                "original_price": price(style.price_cents), "sale_price": price(style.sale_cents),
                "default?": style.is_default, "photos": photos, "skus": skus,
            })
        });
        json!({"product_id": id_text, "results": shown.collect::<Value>()})
    }

    pub fn related(&self, campus: Campus, id: i64) -> Value {
        let (product_id, added) = campus.product(id);
        let related = self.related.values().filter(|it| it.product_id == product_id);
        related.filter_map(|it| campus.called(it.related_product_id, added)).collect()
    }

    /// The reviews of a product, in the order of a list.
    fn sorted(&self, product_id: i64, newest: bool) -> Vec<(i64, &Review)> {
        let reviews = self.reviews.iter().map(|(id, review)| (*id, review));
        let mut shown: Vec<_> = reviews
            .filter(|(_, review)| review.product_id == product_id && !review.reported)
            .collect();
        shown.sort_by_key(|(id, review)| {
            let helpful = if newest { 0 } else { review.helpfulness };
            Reverse((helpful, review.date_ms, *id))
        });
        shown
    }

    pub fn reviews(&self, product_id: i64, id_text: &str, newest: bool, page: Page) -> Value {
        let results = page.of(self.sorted(product_id, newest)).into_iter().map(|(id, review)| {
            json!({
                "review_id": id, "rating": review.rating, "summary": text(&review.summary),
                "recommend": review.recommend,
                "response": optional_text(review.response.as_ref()),
                "body": text(&review.body), "date": dates::text(review.date_ms),
                "reviewer_name": text(&review.name), "helpfulness": review.helpfulness,
                "photos": album_of_objects(&self.review_photos, id),
            })
        });
        json!({
            "product": id_text, "page": page.offset(), "count": page.count(),
            "results": results.collect::<Value>(),
        })
    }

    pub fn meta(&self, product_id: i64, id_text: &str) -> Value {
        let of_product = || self.reviews.values().filter(|it| it.product_id == product_id);
        let mut ratings = Map::new();
        for rating in 1..=5 {
            let count = of_product().filter(|review| review.rating == rating).count();
            if count > 0 {
                ratings.insert(rating.to_string(), json!(count.to_string()));
            }
        }
        let mut recommended = Map::new();
        for recommend in [false, true] {
            let count = of_product().filter(|review| review.recommend == recommend).count();
            if count > 0 {
                recommended.insert(recommend.to_string(), json!(count.to_string()));
            }
        }
        let mut characteristics = Map::new();
        for (id, it) in self.characteristics.iter().filter(|(_, it)| it.product_id == product_id) {
            let values = self.values.values().filter(|value| value.characteristic_id == *id);
            let values: Vec<i64> = values.map(|value| value.value).collect();
            characteristics.insert(text(&it.name), json!({"id": id, "value": average(&values)}));
        }
        json!({
            "product_id": id_text, "ratings": ratings, "recommended": recommended,
            "characteristics": characteristics,
        })
    }

    pub fn questions(&self, product_id: i64, id_text: &str, page: Page) -> Value {
        let of_product = |it: &Post| it.parent_id == product_id && !it.reported;
        let mut shown: Vec<_> =
            self.questions.iter().filter(|(_, question)| of_product(question)).collect();
        shown.sort_by_key(|(id, question)| Reverse((question.helpfulness, **id)));
        let results = page.of(shown).into_iter().map(|(question_id, question)| {
            let mut answers = Map::new();
            let of_question = |it: &Post| it.parent_id == *question_id && !it.reported;
            for (id, answer) in self.answers.iter().filter(|(_, answer)| of_question(answer)) {
                let urls: Value = album(&self.answer_photos, *id).map(|(_, url)| url).collect();
                let shown = json!({
                    "id": id, "body": text(&answer.body), "date": dates::text(answer.date_ms),
                    "answerer_name": text(&answer.name), "helpfulness": answer.helpfulness,
                    "photos": urls,
                });
                answers.insert(id.to_string(), shown);
            }
            json!({
                "question_id": question_id, "question_body": text(&question.body),
                "question_date": dates::text(question.date_ms),
                "asker_name": text(&question.name),
                "question_helpfulness": question.helpfulness, "reported": false,
                "answers": answers,
            })
        });
        json!({"product_id": id_text, "results": results.collect::<Value>()})
    }

    pub fn answers(&self, question_id: i64, id_text: &str, page: Page) -> Value {
        let of_question = |it: &Post| it.parent_id == question_id && !it.reported;
        let mut shown: Vec<_> =
            self.answers.iter().filter(|(_, answer)| of_question(answer)).collect();
        shown.sort_by_key(|(id, it)| (Reverse((it.helpfulness, it.date_ms)), **id));
        let results = page.of(shown).into_iter().map(|(id, answer)| {
            json!({
                "answer_id": id, "body": text(&answer.body),
                "date": dates::text(answer.date_ms), "answerer_name": text(&answer.name),
                "helpfulness": answer.helpfulness,
                "photos": album_of_objects(&self.answer_photos, *id),
            })
        });
        json!({
            "question": id_text,
            "page": page.page.map_or(json!(1), |sent| json!(sent)),
            "count": page.count.map_or(json!(5), |sent| json!(sent)),
            "results": results.collect::<Value>(),
        })
    }

    pub fn cart(&self, authorization: &str) -> Value {
        let cart = self.carts.get(authorization).into_iter().flatten();
        cart.map(|(sku_id, count)| json!({"sku_id": sku_id, "count": count.to_string()})).collect()
    }
}
