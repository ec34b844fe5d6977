//! Reviews: list, meta, add, and the two votes.

use crate::body::{self, Flag, Integer, Text};
use crate::campus::Campus;
use crate::database::Database;
use crate::error::Failure;
use crate::http::{ContentType, Reply, Request, Status};
use crate::json;
use crate::params::{ProductId, ReviewList, Sort};
use crate::postgres::{BadRow, Row};
use crate::statements;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;

const INVALID: Failure = Failure::BodyInvalid("Error: Review body contains invalid entries");
const UNKNOWN: &str = "Error: no review has this id";

/// Characteristics that one review may rate; the shop knows six.
const CHARACTERISTICS_MAX: usize = 64;
/// Photos that one review may show; pages allow five.
const PHOTOS_MAX: usize = 64;

/// `GET /reviews`.
///
/// # Errors
/// [`Failure`].
pub fn list(
    database: &Database,
    campus: Campus<'_>,
    request: &Request<'_>,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let ReviewList { product, page, sort } =
        ReviewList::parse(request.query).ok_or(Failure::ProductInvalid)?;
    let (product_id, _) = campus.product(product.value);
    reply.begin(Status::OK, ContentType::Json);
    let body = reply.body();
    body.extend_from_slice(b"{\"product\":\"");
    body.extend_from_slice(product.text.as_bytes());
    body.extend_from_slice(b"\",\"page\":");
    json::integer(body, page.offset);
    body.extend_from_slice(b",\"count\":");
    json::integer(body, page.count);
    body.extend_from_slice(b",\"results\":[");
    let statement = match sort {
        Sort::Newest => &statements::REVIEW_LIST_NEWEST,
        Sort::Helpful => &statements::REVIEW_LIST_HELPFUL,
    };
    let (key, rows_max) = page.key(product_id);
    database.list(statement, key, rows_max, body, list_row)?;
    body.extend_from_slice(b"]}");
    Ok(())
}

/// `GET /reviews/meta`.
///
/// # Errors
/// [`Failure`].
pub fn meta(
    database: &Database,
    campus: Campus<'_>,
    request: &Request<'_>,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let product = ProductId::of_query(request.query).ok_or(Failure::ProductInvalid)?;
    let (product_id, _) = campus.product(product.value);
    reply.begin(Status::OK, ContentType::Json);
    let body = reply.body();
    body.extend_from_slice(b"{\"product_id\":\"");
    body.extend_from_slice(product.text.as_bytes());
    body.extend_from_slice(b"\",\"ratings\":{");
    let done = database.point(&statements::REVIEW_META, product_id, body, meta_row)?;
    if done.rows == 0 {
        body.extend_from_slice(b"},\"recommended\":{},\"characteristics\":{");
    }
    body.extend_from_slice(b"}}");
    Ok(())
}

/// `POST /reviews`.
///
/// # Errors
/// [`Failure`].
pub fn add(
    database: &Database,
    campus: Campus<'_>,
    request: &Request<'_>,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let review = Review::parse(request.body).ok_or(INVALID)?;
    let (product_id, _) = campus.product(review.product_id);
    let Review { characteristics, photos, .. } = &review;
    let added = database.write(&statements::REVIEW_ADD, |bind| {
        bind.int4(product_id);
        bind.int2(review.rating);
        bind.bool(review.recommend);
        bind.text(&review.summary);
        bind.text(&review.body);
        bind.text(&review.name);
        bind.text(&review.email);
        bind.text_array(photos.iter().map(String::as_str));
        bind.int4_array(characteristics.iter().map(|&(id, _)| id));
        bind.int4_array(characteristics.iter().map(|&(_, value)| value));
    })?;
    if added.rows == 0 {
        return Err(INVALID);
    }
    reply.text(Status::CREATED, "Created");
    Ok(())
}

/// `PUT /reviews/:review_id/helpful`.
///
/// # Errors
/// [`Failure`].
pub fn helpful(database: &Database, review_id: i32, reply: &mut Reply) -> Result<(), Failure> {
    database.change(&statements::REVIEW_HELPFUL, review_id, UNKNOWN)?;
    reply.no_content("");
    Ok(())
}

/// `PUT /reviews/:review_id/report`.
///
/// # Errors
/// [`Failure`].
pub fn report(database: &Database, review_id: i32, reply: &mut Reply) -> Result<(), Failure> {
    database.change(&statements::REVIEW_REPORT, review_id, UNKNOWN)?;
    reply.no_content("");
    Ok(())
}

/// One review of a list, in the columns of `review_list_*.sql`.
///
/// # Errors
/// [`BadRow`] when they are others.
pub fn list_row(row: &mut Row<'_>, row_index: u64, output: &mut Vec<u8>) -> Result<(), BadRow> {
    if row_index > 0 {
        output.push(b',');
    }
    output.extend_from_slice(b"{\"review_id\":");
    json::integer(output, row.int4()?);
    output.extend_from_slice(b",\"rating\":");
    json::integer(output, row.int2()?);
    output.extend_from_slice(b",\"summary\":");
    json::string(output, row.text()?);
    output.extend_from_slice(b",\"recommend\":");
    json::boolean(output, row.bool()?);
    output.extend_from_slice(b",\"response\":");
    json::string_or_null(output, row.bytes()?);
    output.extend_from_slice(b",\"body\":");
    json::string(output, row.text()?);
    output.extend_from_slice(b",\"date\":");
    json::date(output, row.timestamptz()?);
    output.extend_from_slice(b",\"reviewer_name\":");
    json::string(output, row.text()?);
    output.extend_from_slice(b",\"helpfulness\":");
    json::integer(output, row.int4()?);
    output.extend_from_slice(b",\"photos\":");
    // Stored as the reply prints it.
    output.extend_from_slice(row.bytes()?.unwrap_or(b"[]"));
    output.push(b'}');
    Ok(())
}

/// The counts of a product, in the columns of `review_meta.sql`. Zero counts are left out, as the
/// original left them out; pages were tested against that.
///
/// # Errors
/// [`BadRow`] when they are others.
pub fn meta_row(row: &mut Row<'_>, _: u64, output: &mut Vec<u8>) -> Result<(), BadRow> {
    let names: [&[u8]; 5] = [b"\"1\":\"", b"\"2\":\"", b"\"3\":\"", b"\"4\":\"", b"\"5\":\""];
    counts(row, &names, output)?;
    output.extend_from_slice(b"},\"recommended\":{");
    counts(row, &[b"\"false\":\"", b"\"true\":\""], output)?;
    output.extend_from_slice(b"},\"characteristics\":{");
    let (mut ids, mut names) = (row.array()?, row.array()?);
    let (mut sums, mut totals) = (row.array()?, row.array()?);
    let mut first = true;
    while let Some(id) = ids.int4()? {
        if !std::mem::take(&mut first) {
            output.push(b',');
        }
        json::string(output, names.text()?.ok_or(BadRow)?);
        output.extend_from_slice(b":{\"id\":");
        json::integer(output, id);
        output.extend_from_slice(b",\"value\":");
        let sum = sums.int4()?.ok_or(BadRow)?;
        let total = totals.int4()?.ok_or(BadRow)?;
        let unsigned = |value: i32| u32::try_from(value).map_err(|_| BadRow);
        json::average(output, unsigned(sum)?, unsigned(total)?);
        output.push(b'}');
    }
    Ok(())
}

/// As many columns as there are names, those that are zero left out.
fn counts(row: &mut Row<'_>, names: &[&[u8]], output: &mut Vec<u8>) -> Result<(), BadRow> {
    let mut first = true;
    for name in names {
        let count = row.int4()?;
        if count != 0 {
            if !std::mem::take(&mut first) {
                output.push(b',');
            }
            output.extend_from_slice(name);
            json::integer(output, count);
            output.push(b'"');
        }
    }
    Ok(())
}

/// A new review, checked as far as it can be without the database.
#[derive(Debug, PartialEq, Eq)]
struct Review {
    product_id: i32,
    rating: i16,
    recommend: bool,
    summary: String,
    body: String,
    name: String,
    email: String,
    photos: Vec<String>,
    /// Ids, each once, and what they were given, 1 to 5.
    characteristics: Vec<(i32, i32)>,
}

/// The body of `POST /reviews` as pages send it; keys not named here are ignored.
#[derive(Deserialize)]
struct ReviewBody {
    product_id: Integer,
    rating: Integer,
    recommend: Flag,
    summary: Text,
    body: Text,
    name: Text,
    email: Text,
    photos: Vec<Text>,
    characteristics: Characteristics,
}

/// `{"14":5,"15":"4"}`: ids to ratings. The last of a repeated key counts, as in JavaScript.
struct Characteristics(Vec<(i32, i32)>);

impl Review {
    fn parse(body: &[u8]) -> Option<Self> {
        let given: ReviewBody = body::parse(body)?;
        let rating =
            i16::try_from(given.rating.0).ok().filter(|rating| (1..=5).contains(rating))?;
        let product_id = i32::try_from(given.product_id.0).ok().filter(|&id| id > 0)?;
        if given.photos.len() > PHOTOS_MAX {
            return None;
        }
        Some(Self {
            product_id,
            rating,
            recommend: given.recommend.0,
            summary: given.summary.0,
            body: given.body.0,
            name: given.name.0,
            email: given.email.0,
            photos: given.photos.into_iter().map(|Text(url)| url).collect(),
            characteristics: given.characteristics.0,
        })
    }
}

impl<'de> Deserialize<'de> for Characteristics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CharacteristicsVisitor)
    }
}

struct CharacteristicsVisitor;

impl<'de> Visitor<'de> for CharacteristicsVisitor {
    type Value = Characteristics;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ratings from 1 to 5 by characteristic id")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Characteristics, M::Error> {
        use serde::de::Error;
        let mut ratings: Vec<(i32, i32)> = Vec::new();
        while let Some((key, Integer(value))) = map.next_entry::<String, Integer>()? {
            let id = key.parse().map_err(M::Error::custom)?;
            let value = i32::try_from(value).unwrap_or(0);
            if !(1..=5).contains(&value) || ratings.len() >= CHARACTERISTICS_MAX {
                return Err(M::Error::custom("not so many ratings from 1 to 5"));
            }
            match ratings.iter_mut().find(|(known, _)| *known == id) {
                Some(rating) => rating.1 = value,
                None => ratings.push((id, value)),
            }
        }
        Ok(Characteristics(ratings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn valid() -> Value {
        json!({
            "product_id": 40344, "rating": 5, "summary": "s", "body": "b", "recommend": false,
            "name": "n", "email": "e", "photos": ["u"], "characteristics": {"14": 5, "15": "4"},
        })
    }

    fn parse(value: &Value) -> Option<Review> {
        Review::parse(value.to_string().as_bytes())
    }

    #[test]
    fn a_review_is_taken_with_numbers_as_numbers_or_strings() {
        let mut body = valid();
        let review = parse(&body).unwrap();
        assert_eq!((review.product_id, review.rating, review.recommend), (40344, 5, false));
        assert_eq!(review.characteristics, [(14, 5), (15, 4)]);
        body["product_id"] = json!("40344");
        body["rating"] = json!("5");
        body["recommend"] = json!("false");
        body["unknown"] = json!({"deep": [1, 2, {"er": null}]});
        assert_eq!(parse(&body), Some(review));
    }

    #[test]
    fn a_missing_or_empty_entry_is_refused() {
        for key in valid().as_object().unwrap().keys() {
            let mut body = valid();
            body.as_object_mut().unwrap().remove(key);
            assert_eq!(parse(&body), None, "without {key}");
            body[key] = Value::Null;
            assert_eq!(parse(&body), None, "{key} null");
            body[key] = json!("");
            assert_eq!(parse(&body), None, "{key} empty");
        }
    }

    #[test]
    fn entries_out_of_range_are_refused() {
        for (key, value) in [
            ("rating", json!(0)),
            ("rating", json!(6)),
            ("rating", json!(4.5)),
            ("rating", json!(70000)),
            ("product_id", json!(0)),
            ("product_id", json!(-1)),
            ("product_id", json!(2_147_483_648_i64)),
            ("photos", json!([1])),
            ("photos", json!([""])),
            ("photos", json!(vec!["u"; PHOTOS_MAX + 1])),
            ("photos", json!(["a\u{0}"])),
            ("summary", json!("a\u{0}")),
            ("characteristics", json!([1])),
            ("characteristics", json!({"x": 1})),
            ("characteristics", json!({"1": 6})),
            ("characteristics", json!({"1": null})),
        ] {
            let mut body = valid();
            body[key] = value;
            assert_eq!(parse(&body), None, "{body}");
        }
        for body in [&b""[..], b"null", b"[]", b"{", b"\xff", b"product_id=1"] {
            assert_eq!(Review::parse(body), None);
        }
    }

    #[test]
    fn the_last_of_a_repeated_characteristic_counts_and_there_are_not_too_many() {
        let text = valid().to_string().replace("\"15\":\"4\"", "\"14\":1");
        assert_eq!(Review::parse(text.as_bytes()).unwrap().characteristics, [(14, 1)]);
        let mut body = valid();
        for id in 0..CHARACTERISTICS_MAX {
            body["characteristics"][id.to_string()] = json!(1);
        }
        assert_eq!(parse(&body).unwrap().characteristics.len(), CHARACTERISTICS_MAX);
        body["characteristics"]["1000"] = json!(1);
        assert_eq!(parse(&body), None);
    }
}
