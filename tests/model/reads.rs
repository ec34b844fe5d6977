//! Random reads of every route, as pages send them and worse.

use super::campus::Campus;
use super::client::Expected;
use super::replies::Page;
use super::shop::{Model, Table};
use fastrand::Rng;

const PRODUCT_INVALID: &str = "Error: invalid product_id provided";

/// What pages send as an id that is none.
const NO_IDS: [&str; 5] = ["undefined", "null", "5.55", "hello", "1%20"];

pub const AUTHORIZATIONS: [&str; 3] = ["", "token", "another token"];

/// Some read and its reply.
pub fn any(random: &mut Rng, model: &Model) -> Expected {
    let campus = Campus::random(random);
    match random.u8(..16) {
        0 | 1 => product_list(random, campus, model),
        2..=6 => product(random, campus, model),
        7..=12 => of_product(random, campus, model),
        13 | 14 => answers(random, campus, model),
        _ => {
            let authorization = AUTHORIZATIONS[random.usize(..3)];
            let body = Some(model.cart(authorization).to_string());
            let path = path(campus, random, "/cart");
            Expected { path, authorization, status: 200, body }
        }
    }
}

fn product_list(random: &mut Rng, campus: Campus, model: &Model) -> Expected {
    let page = page(random);
    let target = with_query(random, campus, "/products", page, vec![]);
    Expected::new(target, 200, Some(model.product_list(campus, page).to_string()))
}

fn product(random: &mut Rng, campus: Campus, model: &Model) -> Expected {
    let id_text = product_id(random, campus, model);
    let route = ["", "/styles", "/related"][random.usize(..3)];
    let mut target = path(campus, random, &format!("/products/{id_text}{route}"));
    if random.u8(..4) == 0 {
        target.push_str("?product_id=1&page=2&count=1");
    }
    if !is_digits(&id_text) {
        return Expected::new(target, 404, None);
    }
    let id = id_text.parse().unwrap_or(0);
    let body = match route {
        "/styles" => Some(model.styles(campus, id, &id_text)),
        "/related" => Some(model.related(campus, id)),
        _ => model.product(campus, id),
    };
    let status = if body.is_some() { 200 } else { 404 };
    Expected::new(target, status, body.map(|body| body.to_string()))
}

/// Reviews, their meta, and questions, which have the product in the query.
fn of_product(random: &mut Rng, campus: Campus, model: &Model) -> Expected {
    let id_text = product_id(random, campus, model);
    let page = page(random);
    let sort = random.choice(SORTS).unwrap();
    let mut others: Vec<String> = sort.iter().map(|sort| format!("sort={sort}")).collect();
    if random.u8(..20) > 0 {
        others.push(format!("product_id={id_text}"));
    }
    let is_given = others.iter().any(|other| other.starts_with("product_id"));
    let is_valid = is_given && is_digits(id_text.strip_prefix('-').unwrap_or(&id_text));
    let route = ["/reviews", "/reviews/meta", "/qa/questions"][random.usize(..3)];
    let target = with_query(random, campus, route, page, others);
    if !is_valid {
        return Expected::new(target, 422, Some(PRODUCT_INVALID.to_owned()));
    }
    let (product_id, _) = campus.product(id_text.parse().unwrap_or(0));
    let body = match route {
        "/reviews" => model.reviews(product_id, &id_text, sort == Some("newest"), page),
        "/reviews/meta" => model.meta(product_id, &id_text),
        _ => model.questions(product_id, &id_text, page),
    };
    Expected::new(target, 200, Some(body.to_string()))
}

fn answers(random: &mut Rng, campus: Campus, model: &Model) -> Expected {
    let id_text = question_id(random, model);
    let page = page(random);
    let route = format!("/qa/questions/{id_text}/answers");
    let target = with_query(random, campus, &route, page, vec![]);
    if !is_digits(&id_text) {
        return Expected::new(target, 404, None);
    }
    let question_id = id_text.parse().unwrap_or(0);
    Expected::new(target, 200, Some(model.answers(question_id, &id_text, page).to_string()))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

const SORTS: [Option<&str>; 8] = [
    None,
    Some("newest"),
    Some("newest"),
    Some("helpful"),
    Some("relevant"),
    Some("relevance"),
    Some("Newest"),
    Some("[object+HTMLSelectElement]"),
];

fn page(random: &mut Rng) -> Page {
    const PAGES: [&str; 11] = ["1", "2", "2", "2", "3", "3", "4", "0", "-1", "abc", "50"];
    const COUNTS: [&str; 10] =
        ["1", "2", "3", "5", "100", "0", "10000", "9007199254740991", "", "1.5"];
    Page {
        page: (random.u8(..3) == 0).then(|| PAGES[random.usize(..PAGES.len())]),
        count: random.bool().then(|| COUNTS[random.usize(..COUNTS.len())]),
    }
}

/// The id of a row, or of none.
pub fn row_id<R>(random: &mut Rng, table: &Table<R>) -> String {
    let id = random.choice(table.keys()).copied();
    odd_or(random, id)
}

/// The id of a question, more often of one with answers.
pub fn question_id(random: &mut Rng, model: &Model) -> String {
    let answered = random.choice(model.answers.values()).map(|answer| answer.parent_id);
    match answered.filter(|_| random.bool()) {
        Some(id) => odd_or(random, Some(id)),
        None => row_id(random, &model.questions),
    }
}

/// An id of a product, more often of one that has something; its own or a block's, or none.
pub fn product_id(random: &mut Rng, campus: Campus, model: &Model) -> String {
    let id = match random.u8(..4) {
        0 => random.choice(model.reviews.values()).map(|review| review.product_id),
        1 => random.choice(model.questions.values()).map(|question| question.parent_id),
        2 => random.choice(model.styles.values()).map(|style| style.product_id),
        _ => None,
    };
    let id = id.or_else(|| random.choice(model.products.keys()).copied());
    let of_block = if campus.is_root() { 1 } else { 10 };
    match (id, random.u8(..20)) {
        (_, 0) => "-7".to_owned(),
        (_, 1) => random.choice(EDGES).unwrap().to_string(),
        (Some(id), number) if id <= 1011 && number < 2 + of_block => {
            Campus::random_id(random, id).to_string()
        }
        _ => odd_or(random, id),
    }
}

/// Ids at the ends of blocks and beside them.
const EDGES: [i64; 9] = [1011, 1012, 11_000, 11_001, 37_287, 37_310, 64_619, 72_707, 72_708];

/// Nearly always that id, sometimes with zeros before it.
fn odd_or(random: &mut Rng, id: Option<i64>) -> String {
    match (random.u8(..24), id) {
        (0, _) => NO_IDS[random.usize(..NO_IDS.len())].to_owned(),
        (1, _) => UNKNOWN[random.usize(..UNKNOWN.len())].to_owned(),
        (2, Some(id)) => format!("00{id}"),
        (_, Some(id)) => id.to_string(),
        (_, None) => "1".to_owned(),
    }
}

const UNKNOWN: [&str; 4] = ["0", "999999", "2147483648", "99999999999999999999"];

/// A path with or without a slash behind it.
pub fn path(campus: Campus, random: &mut Rng, route: &str) -> String {
    let slash = if random.bool() { "/" } else { "" };
    format!("{}{route}{slash}", campus.prefix())
}

fn with_query(
    random: &mut Rng,
    campus: Campus,
    route: &str,
    page: Page,
    mut pairs: Vec<String>,
) -> String {
    pairs.extend(page.page.map(|page| format!("page={page}")));
    pairs.extend(page.count.map(|count| format!("count={count}")));
    if random.u8(..4) == 0 {
        pairs.push("question_id=7".to_owned());
        pairs.push("_".to_owned());
    }
    random.shuffle(&mut pairs);
    let path = path(campus, random, route);
    if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
}
