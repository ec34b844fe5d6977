//! Random writes, done to the model, too.

use super::campus::Campus;
use super::client::{Client, Expected, assert_same};
use super::dates;
use super::reads::{AUTHORIZATIONS, path, product_id, question_id, row_id};
use super::replies::Page;
use super::rows::{Photo, Post, Review, Value as Given};
use super::shop::{Model, Table};
use super::text;
use fastrand::Rng;
use serde_json::{Map, Value, json};

const ALL: Page = Page { page: None, count: Some("10000") };

/// Some write.
pub fn any(random: &mut Rng, model: &mut Model, client: &mut Client) {
    match random.u8(..20) {
        0..=8 => vote(random, model, client),
        9..=11 => review(random, model, client),
        12..=14 => question(random, model, client),
        15 | 16 => answer(random, model, client),
        17 | 18 => cart(random, model, client),
        _ => interaction(random, client),
    }
}

fn vote(random: &mut Rng, model: &mut Model, client: &mut Client) {
    let is_report = random.u8(..3) == 0;
    let thing = random.u8(..3);
    let id_text = match thing {
        0 => row_id(random, &model.reviews),
        1 => row_id(random, &model.questions),
        _ => row_id(random, &model.answers),
    };
    let id = id_text.parse().unwrap_or(0);
    let counts = match thing {
        0 => model.reviews.get_mut(&id).map(|it| (&mut it.helpfulness, &mut it.reported)),
        1 => model.questions.get_mut(&id).map(|it| (&mut it.helpfulness, &mut it.reported)),
        _ => model.answers.get_mut(&id).map(|it| (&mut it.helpfulness, &mut it.reported)),
    };
    let status = if counts.is_some() { 204 } else { 404 };
    match counts {
        Some((_, reported)) if is_report => *reported = true,
        Some((helpfulness, _)) => *helpfulness = (*helpfulness + 1).min(i64::from(i32::MAX)),
        None => {}
    }
    let things = ["reviews", "qa/questions", "qa/answers"][usize::from(thing)];
    let vote = if is_report { "report" } else { "helpful" };
    let route = format!("/{things}/{id_text}/{vote}");
    let path = path(Campus::random(random), random, &route);
    let body = random.choice([None, Some("null"), Some("{\"id\":7}"), Some("")]).unwrap();
    client.write("PUT", &Expected::new(path, status, None), body);
}

/// Sends a new row, one in six with a wrong value in some place; whether it was taken.
fn post(
    random: &mut Rng,
    client: &mut Client,
    path: String,
    mut body: Value,
    wrong: &[(&str, Value)],
    refusal: Option<&str>,
) -> bool {
    let mut refusal = refusal.map(str::to_owned);
    if random.u8(..6) == 0 {
        let (key, value) = random.choice(wrong).unwrap();
        body[*key] = value.clone();
        let thing = match path.trim_end_matches('/') {
            path if path.ends_with("/reviews") => "Review",
            path if path.ends_with("/questions") => "Question",
            path if path.ends_with("/answers") => "Answer",
            _ => "Interaction",
        };
        refusal.get_or_insert(format!("Error: {thing} body contains invalid entries"));
    }
    let expected = match &refusal {
        Some(_) => Expected::new(path, 422, refusal.clone()),
        None => Expected::new(path, 201, Some("Created".to_owned())),
    };
    client.write("POST", &expected, Some(&body.to_string()));
    refusal.is_none()
}

fn some_text(random: &mut Rng) -> String {
    text::some(random).replace('\0', "")
}

/// A number, or a string of it.
fn number(random: &mut Rng, number: i64) -> Value {
    if random.bool() { json!(number) } else { json!(number.to_string()) }
}

/// A boolean, or a string of it.
fn flag(random: &mut Rng, flag: bool) -> Value {
    if random.bool() { json!(flag) } else { json!(flag.to_string()) }
}

fn urls(random: &mut Rng) -> Vec<String> {
    (0..random.usize(..3)).map(|_| some_text(random)).collect()
}

fn review(random: &mut Rng, model: &mut Model, client: &mut Client) {
    let campus = Campus::random(random);
    let Ok(id) = product_id(random, campus, model).parse::<i64>() else { return };
    let (product_id, _) = campus.product(id);
    let (rating, recommend) = (random.i64(1..=5), random.bool());
    let [summary, body, name] = [(); 3].map(|()| some_text(random));
    let urls = urls(random);
    let mut characteristics = Map::new();
    let mut given = Vec::new();
    for (id, _) in model.characteristics.iter().filter(|(_, it)| it.product_id == product_id) {
        if random.bool() {
            given.push((*id, random.i64(1..=5)));
            characteristics.insert(id.to_string(), number(random, given.last().unwrap().1));
        }
    }
    let sent = json!({
        "product_id": number(random, id), "rating": number(random, rating),
        "summary": summary, "body": body, "recommend": flag(random, recommend), "name": name,
        "email": "first.last@gmail.com", "photos": urls, "characteristics": characteristics,
        "params": {},
    });
    let wrong = [
        ("product_id", json!(999_999)),
        ("rating", json!(0)),
        ("rating", json!("6")),
        ("summary", json!("")),
        ("body", json!(null)),
        ("name", json!("")),
        ("email", json!("")),
        ("recommend", json!(null)),
        ("characteristics", json!({"999999": 3})),
    ];
    let is_known = model.products.contains_key(&product_id);
    let refusal = (!is_known).then_some("Error: Review body contains invalid entries");
    let sent_ms = dates::now();
    let path = path(campus, random, "/reviews");
    if !post(random, client, path, sent, &wrong, refusal) {
        return;
    }
    let id_text = product_id.to_string();
    let target = format!("/reviews?count=10000&sort=newest&product_id={id_text}");
    let reply = client.get(&target);
    let new = New::find(&reply.json()["results"], "review_id", &model.reviews);
    let date_ms = new.date_ms("date", sent_ms);
    let review = Review {
        product_id,
        rating,
        date_ms,
        summary,
        body,
        recommend,
        reported: false,
        name,
        response: None,
        helpfulness: 0,
    };
    model.reviews.insert(new.id, review);
    new.add_photos(urls, &mut model.review_photos);
    for (characteristic_id, value) in given {
        let id = model.values.keys().last().map_or(1, |last| last + 1);
        model.values.insert(id, Given { characteristic_id, review_id: new.id, value });
    }
    let expected = model.reviews(product_id, &id_text, true, ALL).to_string();
    assert_same(&target, &reply.body, &expected);
}

fn question(random: &mut Rng, model: &mut Model, client: &mut Client) {
    let campus = Campus::random(random);
    let Ok(id) = product_id(random, campus, model).parse::<i64>() else { return };
    let (product_id, _) = campus.product(id);
    let [body, name] = [(); 2].map(|()| some_text(random));
    let sent = json!({
        "body": body, "name": name, "email": "a@b", "product_id": number(random, id),
    });
    let wrong = [
        ("product_id", json!("x")),
        ("body", json!("nul \0")),
        ("name", json!(null)),
        ("email", json!("nobody")),
    ];
    let is_known = model.products.contains_key(&product_id);
    let refusal = (!is_known).then_some("Error: Question body contains invalid entries");
    let sent_ms = dates::now();
    let path = path(campus, random, "/qa/questions");
    if !post(random, client, path, sent, &wrong, refusal) {
        return;
    }
    let id_text = product_id.to_string();
    let target = format!("/qa/questions?product_id={id_text}&count=10000");
    let reply = client.get(&target);
    let new = New::find(&reply.json()["results"], "question_id", &model.questions);
    let date_ms = new.date_ms("question_date", sent_ms);
    let question =
        Post { parent_id: product_id, body, date_ms, name, reported: false, helpfulness: 0 };
    model.questions.insert(new.id, question);
    let expected = model.questions(product_id, &id_text, ALL).to_string();
    assert_same(&target, &reply.body, &expected);
}

fn answer(random: &mut Rng, model: &mut Model, client: &mut Client) {
    let id_text = question_id(random, model);
    let question_id = id_text.parse().unwrap_or(0);
    let [body, name] = [(); 2].map(|()| some_text(random));
    let mut sent = json!({"body": body, "name": name, "email": "a@b"});
    let urls = urls(random);
    if !urls.is_empty() || random.bool() {
        sent["photos"] = json!(urls);
    }
    let route = format!("/qa/questions/{id_text}/answers");
    let path = path(Campus::random(random), random, &route);
    if !model.questions.contains_key(&question_id) {
        let unknown = Expected::new(path, 404, None);
        return client.write("POST", &unknown, Some(&sent.to_string()));
    }
    let wrong = [
        ("body", json!("nul \0")),
        ("name", json!(null)),
        ("email", json!("nobody")),
        ("photos", json!("https://one")),
    ];
    let sent_ms = dates::now();
    if !post(random, client, path, sent, &wrong, None) {
        return;
    }
    let target = format!("/qa/questions/{id_text}/answers?count=10000");
    let reply = client.get(&target);
    let new = New::find(&reply.json()["results"], "answer_id", &model.answers);
    let date_ms = new.date_ms("date", sent_ms);
    let answer =
        Post { parent_id: question_id, body, date_ms, name, reported: false, helpfulness: 0 };
    model.answers.insert(new.id, answer);
    new.add_photos(urls, &mut model.answer_photos);
    let expected = model.answers(question_id, &id_text, ALL).to_string();
    assert_same(&target, &reply.body, &expected);
}

fn cart(random: &mut Rng, model: &mut Model, client: &mut Client) {
    let path = path(Campus::random(random), random, "/cart");
    let authorization = AUTHORIZATIONS[random.usize(..3)];
    let sku_id = row_id(random, &model.skus).parse().unwrap_or(0);
    let mut sent = json!({"sku_id": number(random, sku_id), "user_token": 5});
    let count = random.i64(0..3);
    if count > 0 {
        sent["count"] = number(random, count);
    }
    let is_known = model.skus.contains_key(&sku_id);
    let (status, body) = if is_known { (201, Some("Created".to_owned())) } else { (422, None) };
    let expected = Expected { path, authorization, status, body };
    client.write("POST", &expected, Some(&sent.to_string()));
    if is_known {
        let of_session = model.carts.entry(authorization).or_default();
        *of_session.entry(sku_id).or_default() += count.max(1);
    }
}

fn interaction(random: &mut Rng, client: &mut Client) {
    let time = random.choice([json!("7753.4000000003725"), json!(1_606_251_922_810_i64)]);
    let sent = json!({"element": "div", "widget": some_text(random), "time": time});
    let wrong = [("element", json!("")), ("widget", json!(null)), ("time", json!(null))];
    let path = path(Campus::random(random), random, "/interactions");
    post(random, client, path, sent, &wrong, None);
}

/// A row that the model does not have yet.
struct New {
    id: i64,
    row: Value,
}

impl New {
    /// The one new row of a list.
    fn find<R>(results: &Value, key: &str, known: &Table<R>) -> Self {
        let rows = results.as_array().unwrap().iter();
        let mut new = rows.filter(|row| !known.contains_key(&row[key].as_i64().unwrap())).cloned();
        let (Some(row), None) = (new.next(), new.next()) else { panic!("not one new: {results}") };
        let id = row[key].as_i64().unwrap();
        assert!(known.keys().all(|known| *known < id), "{id} is no new id");
        Self { id, row }
    }

    /// Its date, which must be between the sending and now.
    fn date_ms(&self, key: &str, sent_ms: i64) -> i64 {
        let date_ms = dates::milliseconds(self.row[key].as_str().unwrap());
        assert!((sent_ms..=dates::now()).contains(&date_ms), "{}", self.row);
        date_ms
    }

    fn add_photos(&self, urls: Vec<String>, photos: &mut Table<Photo>) {
        let shown = self.row["photos"].as_array().unwrap();
        assert_eq!(shown.len(), urls.len());
        for (photo, url) in shown.iter().zip(urls) {
            let id = photo["id"].as_i64().unwrap();
            assert!(photos.keys().all(|known| *known < id), "{id} is no new id");
            photos.insert(id, Photo { post_id: self.id, url });
        }
    }
}
