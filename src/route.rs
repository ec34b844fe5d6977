//! Method and path to a route. Pure.
//!
//! Pages put a slash behind nearly every path, so one at the end is overlooked. The campus before
//! it is taken off by [`crate::campus`].

use crate::http::Method;
use crate::pages::{self, Page};

/// What is asked for. Segments are as they stand in the path: what is no id is for the resource to
/// say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'p> {
    ProductList,
    Product(&'p str),
    ProductStyles(&'p str),
    ProductRelated(&'p str),
    ReviewList,
    ReviewMeta,
    ReviewAdd,
    ReviewHelpful(i32),
    ReviewReport(i32),
    QuestionList,
    QuestionAdd,
    QuestionHelpful(i32),
    QuestionReport(i32),
    AnswerList(&'p str),
    AnswerAdd(i32),
    AnswerHelpful(i32),
    AnswerReport(i32),
    CartList,
    CartAdd,
    InteractionAdd,
    /// Something for people to look at.
    Page(&'static Page),
    /// A browser asking what it may send.
    Preflight,
    /// A path of ours, but not with this method; these are the methods it has.
    WrongMethod(&'static str),
    Unknown,
}

/// Routes as the metrics and `openapi.yaml` name them, in the order of [`Route::index`].
pub const NAMES: [&str; 24] = [
    "product_list",
    "product",
    "product_styles",
    "product_related",
    "review_list",
    "review_meta",
    "review_add",
    "review_helpful",
    "review_report",
    "question_list",
    "question_add",
    "question_helpful",
    "question_report",
    "answer_list",
    "answer_add",
    "answer_helpful",
    "answer_report",
    "cart_list",
    "cart_add",
    "interaction_add",
    "page",
    "preflight",
    "wrong_method",
    "unknown",
];

impl Route<'_> {
    /// Its place in [`NAMES`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::ProductList => 0,
            Self::Product(_) => 1,
            Self::ProductStyles(_) => 2,
            Self::ProductRelated(_) => 3,
            Self::ReviewList => 4,
            Self::ReviewMeta => 5,
            Self::ReviewAdd => 6,
            Self::ReviewHelpful(_) => 7,
            Self::ReviewReport(_) => 8,
            Self::QuestionList => 9,
            Self::QuestionAdd => 10,
            Self::QuestionHelpful(_) => 11,
            Self::QuestionReport(_) => 12,
            Self::AnswerList(_) => 13,
            Self::AnswerAdd(_) => 14,
            Self::AnswerHelpful(_) => 15,
            Self::AnswerReport(_) => 16,
            Self::CartList => 17,
            Self::CartAdd => 18,
            Self::InteractionAdd => 19,
            Self::Page(_) => 20,
            Self::Preflight => 21,
            Self::WrongMethod(_) => 22,
            Self::Unknown => 23,
        }
    }
}

/// The route of a request. `path` is what stands before the `?` and behind a campus's prefix,
/// undecoded.
#[must_use]
pub fn route(method: Method, path: &str) -> Route<'_> {
    // Any path: a browser asks before it knows whether the path exists.
    if method == Method::Options {
        return Route::Preflight;
    }
    let mut segments = [""; SEGMENTS_MAX];
    let mut count = 0;
    let inside = path.strip_prefix('/').unwrap_or(path);
    let inside = inside.strip_suffix('/').unwrap_or(inside);
    for segment in inside.split('/') {
        // Deeper than any path of ours.
        let Some(place) = segments.get_mut(count) else { return Route::Unknown };
        *place = segment;
        count += 1;
    }
    match segments[..count] {
        ["products"] => read(method, Route::ProductList),
        ["products", id] if !id.is_empty() => read(method, Route::Product(id)),
        ["products", id, "styles"] => read(method, Route::ProductStyles(id)),
        ["products", id, "related"] => read(method, Route::ProductRelated(id)),
        ["reviews"] => read_or_add(method, Route::ReviewList, Route::ReviewAdd),
        ["reviews", "meta"] => read(method, Route::ReviewMeta),
        ["reviews", id, "helpful"] => change(method, Route::ReviewHelpful(row_id(id))),
        ["reviews", id, "report"] => change(method, Route::ReviewReport(row_id(id))),
        ["qa", "questions"] => read_or_add(method, Route::QuestionList, Route::QuestionAdd),
        ["qa", "questions", id, "helpful"] => change(method, Route::QuestionHelpful(row_id(id))),
        ["qa", "questions", id, "report"] => change(method, Route::QuestionReport(row_id(id))),
        ["qa", "questions", id, "answers"] => {
            read_or_add(method, Route::AnswerList(id), Route::AnswerAdd(row_id(id)))
        }
        ["qa", "answers", id, "helpful"] => change(method, Route::AnswerHelpful(row_id(id))),
        ["qa", "answers", id, "report"] => change(method, Route::AnswerReport(row_id(id))),
        ["cart"] => read_or_add(method, Route::CartList, Route::CartAdd),
        ["interactions"] => match method {
            Method::Post => Route::InteractionAdd,
            _ => Route::WrongMethod("POST, OPTIONS"),
        },
        _ => match pages::find(path) {
            Some(page) => read(method, Route::Page(page)),
            None => Route::Unknown,
        },
    }
}

/// Segments of our longest path.
const SEGMENTS_MAX: usize = 4;

fn read<'p>(method: Method, route: Route<'p>) -> Route<'p> {
    match method {
        Method::Get | Method::Head => route,
        _ => Route::WrongMethod("GET, HEAD, OPTIONS"),
    }
}

fn read_or_add<'p>(method: Method, list: Route<'p>, add: Route<'p>) -> Route<'p> {
    match method {
        Method::Get | Method::Head => list,
        Method::Post => add,
        _ => Route::WrongMethod("GET, HEAD, POST, OPTIONS"),
    }
}

fn change<'p>(method: Method, route: Route<'p>) -> Route<'p> {
    match method {
        Method::Put => route,
        _ => Route::WrongMethod("PUT, OPTIONS"),
    }
}

/// The id of a row in a path; 0, which no row has, for what is none: the statement finds nothing.
fn row_id(segment: &str) -> i32 {
    if segment.bytes().all(|byte| byte.is_ascii_digit()) { segment.parse().unwrap_or(0) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_with_and_without_a_slash() {
        for (method, path, expected) in [
            (Method::Get, "/products", Route::ProductList),
            (Method::Get, "/products/40344", Route::Product("40344")),
            (Method::Get, "/products/undefined", Route::Product("undefined")),
            (Method::Get, "/products/7/styles", Route::ProductStyles("7")),
            (Method::Get, "/products/7/related", Route::ProductRelated("7")),
            (Method::Get, "/reviews", Route::ReviewList),
            (Method::Head, "/reviews", Route::ReviewList),
            (Method::Post, "/reviews", Route::ReviewAdd),
            (Method::Get, "/reviews/meta", Route::ReviewMeta),
            (Method::Put, "/reviews/7/helpful", Route::ReviewHelpful(7)),
            (Method::Put, "/reviews/7/report", Route::ReviewReport(7)),
            (Method::Get, "/qa/questions", Route::QuestionList),
            (Method::Post, "/qa/questions", Route::QuestionAdd),
            (Method::Put, "/qa/questions/7/helpful", Route::QuestionHelpful(7)),
            (Method::Put, "/qa/questions/7/report", Route::QuestionReport(7)),
            (Method::Get, "/qa/questions/7/answers", Route::AnswerList("7")),
            (Method::Post, "/qa/questions/7/answers", Route::AnswerAdd(7)),
            (Method::Put, "/qa/answers/7/helpful", Route::AnswerHelpful(7)),
            (Method::Put, "/qa/answers/7/report", Route::AnswerReport(7)),
            (Method::Get, "/cart", Route::CartList),
            (Method::Post, "/cart", Route::CartAdd),
            (Method::Post, "/interactions", Route::InteractionAdd),
        ] {
            assert_eq!(route(method, path), expected);
            assert_eq!(route(method, &format!("{path}/")), expected);
            assert_eq!(route(Method::Options, path), Route::Preflight);
        }
    }

    #[test]
    fn a_known_path_with_another_method_names_the_right_ones() {
        for (method, path, methods) in [
            (Method::Post, "/products", "GET, HEAD, OPTIONS"),
            (Method::Delete, "/products/1", "GET, HEAD, OPTIONS"),
            (Method::Delete, "/reviews", "GET, HEAD, POST, OPTIONS"),
            (Method::Post, "/reviews/meta/", "GET, HEAD, OPTIONS"),
            (Method::Get, "/reviews/1/helpful", "PUT, OPTIONS"),
            (Method::Other, "/reviews/1/report", "PUT, OPTIONS"),
            (Method::Put, "/qa/questions/1/answers", "GET, HEAD, POST, OPTIONS"),
            (Method::Delete, "/cart", "GET, HEAD, POST, OPTIONS"),
            (Method::Get, "/interactions", "POST, OPTIONS"),
            (Method::Post, "/", "GET, HEAD, OPTIONS"),
        ] {
            assert_eq!(route(method, path), Route::WrongMethod(methods), "{path}");
        }
    }

    #[test]
    fn what_is_no_path_of_ours_is_unknown() {
        for path in [
            "",
            "//",
            "//reviews",
            "/Reviews",
            "/reviews//",
            "/reviews/meta//",
            "/reviews/7",
            "/reviews/7/helpful/x",
            "/reviews/7/helpful//",
            "/reviewsx",
            "/products//",
            "/products/7/styles/x",
            "/qa",
            "/qa/questions/7",
            "/qa/answers/7",
            "/cart/7",
            "/api/fec2/reviews",
            "*",
        ] {
            assert_eq!(route(Method::Get, path), Route::Unknown, "{path}");
        }
    }

    #[test]
    fn what_is_no_id_is_the_id_that_no_row_has() {
        for id in ["x", "-1", "+1", "1.5", "2147483648", "99999999999999999999", "", "%31"] {
            assert_eq!(
                route(Method::Put, &format!("/reviews/{id}/report")),
                Route::ReviewReport(0),
                "{id}"
            );
        }
    }

    #[test]
    fn any_path_has_a_route() {
        arbtest::arbtest(|random| {
            let path: &str = random.arbitrary()?;
            let found = route(Method::Put, path);
            assert!(found.index() < NAMES.len());
            Ok(())
        });
    }
}
