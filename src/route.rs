//! Method and path to a route. Pure.
//!
//! The original was served below `/api/fec2/<campus>/`; pages keep that prefix and put a slash
//! behind nearly every path, so both are taken off before anything is compared.

use crate::http::Method;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    ReviewList,
    ReviewMeta,
    ReviewAdd,
    ReviewHelpful(i32),
    ReviewReport(i32),
    /// A browser asking what it may send.
    Preflight,
    /// A path of ours, but not with this method; these are the methods it has.
    WrongMethod(&'static str),
    Unknown,
}

/// Routes as the metrics name them, in the order of [`Route::index`].
pub const NAMES: [&str; 8] = [
    "review_list",
    "review_meta",
    "review_add",
    "review_helpful",
    "review_report",
    "preflight",
    "wrong_method",
    "unknown",
];

impl Route {
    /// Its place in [`NAMES`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::ReviewList => 0,
            Self::ReviewMeta => 1,
            Self::ReviewAdd => 2,
            Self::ReviewHelpful(_) => 3,
            Self::ReviewReport(_) => 4,
            Self::Preflight => 5,
            Self::WrongMethod(_) => 6,
            Self::Unknown => 7,
        }
    }
}

/// The route of a request. `path` is what stands before the `?`, undecoded.
#[must_use]
pub fn route(method: Method, path: &str) -> Route {
    // Any path: a browser asks before it knows whether the path exists.
    if method == Method::Options {
        return Route::Preflight;
    }
    let path = without_prefix(path);
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/');
    let first = (segments.next(), segments.next(), segments.next(), segments.next());
    // A trailing slash leaves one empty segment at the end.
    match first {
        (Some("reviews"), None | Some(""), None, None) => reviews(method),
        (Some("reviews"), Some("meta"), None | Some(""), None) => match method {
            Method::Get | Method::Head => Route::ReviewMeta,
            _ => Route::WrongMethod("GET, HEAD, OPTIONS"),
        },
        (Some("reviews"), Some(id), Some(vote @ ("helpful" | "report")), None | Some(""))
            if segments.next().is_none() =>
        {
            match method {
                // Not an id: no review has it, which the statement would find as well.
                Method::Put => {
                    let id = review_id(id);
                    if vote == "helpful" {
                        Route::ReviewHelpful(id)
                    } else {
                        Route::ReviewReport(id)
                    }
                }
                _ => Route::WrongMethod("PUT, OPTIONS"),
            }
        }
        _ => Route::Unknown,
    }
}

fn reviews(method: Method) -> Route {
    match method {
        Method::Get | Method::Head => Route::ReviewList,
        Method::Post => Route::ReviewAdd,
        _ => Route::WrongMethod("GET, HEAD, POST, OPTIONS"),
    }
}

/// The id in a path; 0, which no row has, for what is none.
fn review_id(segment: &str) -> i32 {
    if segment.bytes().all(|byte| byte.is_ascii_digit()) { segment.parse().unwrap_or(0) } else { 0 }
}

/// The path behind `/api/fec2/<campus>`, where it has that prefix.
fn without_prefix(path: &str) -> &str {
    path.strip_prefix("/api/fec2/")
        .and_then(|rest| rest.find('/').filter(|&at| at > 0).map(|at| &rest[at..]))
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_with_and_without_prefix_and_slash() {
        for (method, path, expected) in [
            (Method::Get, "/reviews", Route::ReviewList),
            (Method::Head, "/reviews", Route::ReviewList),
            (Method::Post, "/reviews", Route::ReviewAdd),
            (Method::Get, "/reviews/meta", Route::ReviewMeta),
            (Method::Put, "/reviews/7/helpful", Route::ReviewHelpful(7)),
            (Method::Put, "/reviews/7/report", Route::ReviewReport(7)),
        ] {
            for prefix in ["", "/api/fec2/hr-rfp", "/api/fec2/hratx"] {
                for slash in ["", "/"] {
                    assert_eq!(route(method, &format!("{prefix}{path}{slash}")), expected);
                }
            }
        }
    }

    #[test]
    fn a_known_path_with_another_method_names_the_right_ones() {
        for (method, path, methods) in [
            (Method::Delete, "/reviews", "GET, HEAD, POST, OPTIONS"),
            (Method::Post, "/reviews/meta/", "GET, HEAD, OPTIONS"),
            (Method::Get, "/reviews/1/helpful", "PUT, OPTIONS"),
            (Method::Other, "/reviews/1/report", "PUT, OPTIONS"),
        ] {
            assert_eq!(route(method, path), Route::WrongMethod(methods));
        }
    }

    #[test]
    fn what_is_no_path_of_ours_is_unknown() {
        for path in [
            "/",
            "",
            "//reviews",
            "/Reviews",
            "/reviews//",
            "/reviews/meta//",
            "/reviews/7",
            "/reviews/7/helpful/x",
            "/reviews/7/helpful//",
            "/reviewsx",
            "/api/fec2/reviews",
            "/api/fec2//reviews",
            "*",
        ] {
            assert_eq!(route(Method::Get, path), Route::Unknown, "{path}");
            assert_eq!(route(Method::Options, path), Route::Preflight);
        }
    }

    #[test]
    fn what_is_no_id_is_the_id_that_no_review_has() {
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
