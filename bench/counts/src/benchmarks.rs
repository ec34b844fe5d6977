//! What is counted: the steps of a request that are the server's own, on what pages send and what
//! PostgreSQL answers.

use crate::data::{self, BODY, BROWSER, POST, TIME, WRK};
use crate::rows::Rows;
use atelier::campus::{self, Campus};
use atelier::http::{Head, Method};
use atelier::params::{AnswerList, ProductId, QuestionList, ReviewList};
use atelier::postgres::wire::{self, Framing};
use atelier::postgres::{BadRow, Row};
use atelier::route::route;
use atelier::{answers, json, products, questions, reviews};
use std::hint::black_box;

pub struct Benchmark {
    pub name: &'static str,
    pub work: Box<Work>,
}

/// What is counted. It may write to an output, which is empty and has room.
pub type Work = dyn Fn(&mut Vec<u8>);

impl Benchmark {
    fn new(name: &'static str, work: impl Fn(&mut Vec<u8>) + 'static) -> Self {
        Self { name, work: Box::new(work) }
    }

    fn of_bytes(
        name: &'static str,
        bytes: &[u8],
        work: impl Fn(&[u8], &mut Vec<u8>) + 'static,
    ) -> Self {
        let bytes = data::placed(bytes);
        Self::new(name, move |output| work(black_box(bytes), output))
    }

    fn of_text(name: &'static str, text: &str, work: impl Fn(&'static str) + 'static) -> Self {
        let text = data::placed_text(text);
        Self::new(name, move |_| work(black_box(text)))
    }

    /// Finds rows in what the server sends and has each one written, as a connection does.
    fn of_rows(
        name: &'static str,
        rows: &Rows,
        write: impl Fn(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow> + 'static,
    ) -> Self {
        Self::of_bytes(name, &rows.bytes, move |mut rest, output| {
            let mut index = 0;
            while let Framing::Whole(frame, length) = wire::frame(rest) {
                let written =
                    Row::new(frame.body).and_then(|mut row| write(&mut row, index, output));
                assert!(written.is_ok(), "{name}: the statement has other columns");
                rest = &rest[length..];
                index += 1;
            }
        })
    }
}

/// All of them, in the order of the record.
pub fn all() -> Vec<Benchmark> {
    [routes(), params(), requests(), writers(), rows()].into_iter().flatten().collect()
}

fn routes() -> Vec<Benchmark> {
    let paths = [
        ("route_product_list", Method::Get, "/products/"),
        ("route_product", Method::Get, "/products/40344/"),
        ("route_product_styles", Method::Get, "/products/40344/styles/"),
        ("route_product_related", Method::Get, "/products/40344/related/"),
        ("route_review_list", Method::Get, "/reviews/"),
        ("route_review_meta", Method::Get, "/reviews/meta/"),
        ("route_review_add", Method::Post, "/reviews/"),
        ("route_review_helpful", Method::Put, "/reviews/5774952/helpful/"),
        ("route_review_report", Method::Put, "/reviews/5774952/report/"),
        ("route_question_list", Method::Get, "/qa/questions/"),
        ("route_question_helpful", Method::Put, "/qa/questions/3518963/helpful/"),
        ("route_answer_list", Method::Get, "/qa/questions/3518963/answers/"),
        ("route_answer_report", Method::Put, "/qa/answers/6879306/report/"),
        ("route_cart", Method::Get, "/cart/"),
        ("route_interaction", Method::Post, "/interactions/"),
        ("route_page", Method::Get, "/docs"),
        ("route_preflight", Method::Options, "/cart"),
        ("route_wrong_method", Method::Delete, "/reviews/5774952/report"),
        ("route_unknown", Method::Get, "/favicon.ico"),
    ];
    let mut all: Vec<_> = paths
        .into_iter()
        .map(|(name, method, path)| {
            Benchmark::of_text(name, path, move |path| {
                black_box(route(black_box(method), path));
            })
        })
        .collect();
    let path = "/api/fec2/hr-rfp/products/40344/styles";
    all.push(Benchmark::of_text("route_of_a_campus", path, |path| {
        let (name, path) = campus::split(path);
        black_box(route(black_box(Method::Get), path));
        black_box(Campus::named(name.unwrap_or_default()).product(black_box(40_344)));
    }));
    all
}

fn params() -> Vec<Benchmark> {
    let mut all = vec![
        Benchmark::of_text("params_product_of_path", "40344", |segment| {
            black_box(ProductId::of_path(segment));
        }),
        Benchmark::of_text("params_product_of_query", "product_id=40344", |query| {
            black_box(ProductId::of_query(query));
        }),
        Benchmark::of_text("params_questions", "product_id=40344&count=100", |query| {
            let list = QuestionList::parse(query);
            black_box(list.map(|list| list.page.key(list.product.value)));
        }),
        Benchmark::of_text("params_answers", "page=1&count=100", |query| {
            let list = AnswerList::parse(query);
            black_box(list.page.key(3_518_963));
            black_box(list);
        }),
    ];
    let queries = [
        ("params_reviews", "product_id=40344"),
        ("params_reviews_all", "product_id=40344&sort=newest&count=20&page=3"),
        ("params_reviews_encoded", "product%5Fid=40344&sort=%5Bobject+HTMLSelectElement%5D"),
    ];
    all.extend(queries.map(|(name, query)| {
        Benchmark::of_text(name, query, |query| {
            let list = ReviewList::parse(query);
            black_box(list.map(|list| list.page.key(list.product.value)));
        })
    }));
    all
}

fn requests() -> Vec<Benchmark> {
    vec![
        Benchmark::of_bytes("request_wrk", WRK, |bytes, _| read_requests(bytes)),
        Benchmark::of_bytes("request_browser", BROWSER, |bytes, _| read_requests(bytes)),
        Benchmark::of_bytes("request_post", POST, |bytes, _| read_requests(bytes)),
        Benchmark::of_bytes("request_pipelined_16", &WRK.repeat(16), |bytes, _| {
            read_requests(bytes);
        }),
        Benchmark::of_bytes("request_header", BROWSER, {
            let head = head_of(BROWSER);
            move |bytes, _| {
                black_box(head.request(bytes, b"").header("authorization"));
            }
        }),
    ]
}

/// Reads head after head, as a connection does.
fn read_requests(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let head = head_of(bytes);
        let (request, rest) = bytes.split_at(head.length);
        black_box(head.request(request, b""));
        bytes = rest;
    }
}

fn head_of(bytes: &[u8]) -> Head {
    let Ok(Some(head)) = Head::parse(bytes) else { unreachable!("these are whole requests") };
    head
}

fn writers() -> Vec<Benchmark> {
    let strings = [
        ("json_string_short", "shortandsweeet"),
        ("json_string_long", BODY),
        ("json_string_unicode", "Größe stimmt, très élégant, 着心地がいい。"),
        ("json_string_escapes", "He said \"buy it\",\nso I did.\r\n\tC:\\photos\\\u{1}"),
    ];
    let mut all: Vec<_> = strings
        .into_iter()
        .map(|(name, text)| {
            Benchmark::of_bytes(name, text.as_bytes(), |text, output| json::string(output, text))
        })
        .collect();
    all.extend([
        Benchmark::new("json_integer", |output| json::integer(output, black_box(5_774_952_i32))),
        Benchmark::new("json_date", |output| json::date(output, black_box(TIME))),
        Benchmark::new("json_average", |output| {
            json::average(output, black_box(116), black_box(36));
        }),
    ]);
    all
}

fn rows() -> Vec<Benchmark> {
    let (product_id, block) = Campus::named("hr-rfp").product(40_344);
    let product = data::product(product_id);
    let mut all = vec![Benchmark::of_rows("rows_product", &product, move |row, _, output| {
        products::one_row(row, block, black_box("hr-rfp"), output)
    })];
    let others: [(_, _, RowWriter); 4] = [
        ("rows_reviews_5", data::five_reviews(), reviews::list_row),
        ("rows_review_meta", data::review_meta(), reviews::meta_row),
        ("rows_questions_2_answers_4", data::two_questions(), questions::list_row),
        ("rows_answers_5", data::five_answers(), answers::list_row),
    ];
    all.extend(others.map(|(name, rows, write)| Benchmark::of_rows(name, &rows, write)));
    all
}

type RowWriter = fn(&mut Row<'_>, u64, &mut Vec<u8>) -> Result<(), BadRow>;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::HashSet;

    #[test]
    fn each_has_a_name_of_its_own_and_can_be_run() {
        let mut names = HashSet::new();
        for Benchmark { name, work } in all() {
            work(&mut Vec::new());
            assert!(names.insert(name), "{name} is there twice");
        }
    }

    #[test]
    fn what_is_written_is_json() {
        for Benchmark { name, work } in all() {
            let mut output = Vec::new();
            work(&mut output);
            let text = String::from_utf8(output).unwrap();
            // As the handlers put them into the reply.
            let text = match name {
                "rows_reviews_5" | "rows_answers_5" => format!("[{text}]"),
                "rows_questions_2_answers_4" => format!("[{text}}}}}]"),
                "rows_review_meta" => format!("{{\"ratings\":{{{text}}}}}"),
                _ if text.is_empty() => continue,
                _ => text,
            };
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "{name}: {text}");
        }
    }
}
