//! Query strings to typed, bounded values. Pure.
//!
//! Pages send odd things (`count=0`, `sort=[object+HTMLSelectElement]`, numbers past any row):
//! all but the product's id fall back to a default, as the original's did.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// What `page` and `count` are when they are missing or no positive numbers.
const PAGE_DEFAULT: i64 = 1;
const COUNT_DEFAULT: i64 = 5;
/// Rows that one page can hold, whatever was asked for; pages ask for up to 10,000 in earnest.
const PAGE_ROWS_MAX: i64 = 10_000;

/// An order of a list of reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By date. The other orders of the original, `helpful` and `relevant`, are the same one.
    Newest,
    Helpful,
}

/// A product as a query names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductId<'q> {
    /// As it was written; replies echo it. Digits, perhaps behind a minus.
    pub text: Cow<'q, str>,
    /// Its value, or 0, which no product has, when that is outside of what ids can be.
    pub value: i32,
}

/// A window on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// As asked for; replies echo it.
    pub count: i64,
    /// Rows before the window; replies echo it as `page`.
    pub offset: i64,
}

/// The parameters of a list of reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewList<'q> {
    pub product: ProductId<'q>,
    pub page: Page,
    pub sort: Sort,
}

/// The parameters of a list of questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionList<'q> {
    pub product: ProductId<'q>,
    pub page: Page,
}

/// The parameters of a list of answers, whose reply echoes two of them as they were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerList<'q> {
    pub page: Page,
    pub page_text: Option<Cow<'q, str>>,
    pub count_text: Option<Cow<'q, str>>,
}

/// The parameters that lists know, decoded; of a repeated one the first counts.
#[derive(Default)]
struct List<'q> {
    product_id: Option<Cow<'q, str>>,
    page: Option<Cow<'q, str>>,
    count: Option<Cow<'q, str>>,
    sort: Option<Cow<'q, str>>,
}

impl Page {
    /// What a list of `id` is asked for - whose, how many rows, how many before them - and the rows
    /// that it walks over at most.
    #[must_use]
    pub fn key(self, id: i32) -> ([i64; 3], i64) {
        let limit = self.limit();
        ([id.into(), limit, self.offset], limit.saturating_add(self.offset))
    }

    /// The page that `query` names, for a list without other parameters.
    #[must_use]
    pub fn of_query(query: &str) -> Self {
        List::parse(query).page()
    }

    /// Rows to read at most.
    #[must_use]
    pub fn limit(&self) -> i64 {
        self.count.min(PAGE_ROWS_MAX)
    }
}

impl<'q> ReviewList<'q> {
    /// `None` without an integer `product_id`.
    #[must_use]
    pub fn parse(query: &'q str) -> Option<Self> {
        let list = List::parse(query);
        let newest = list.sort.as_deref() == Some("newest");
        let sort = if newest { Sort::Newest } else { Sort::Helpful };
        let page = list.page();
        Some(Self { product: ProductId::parse(list.product_id?)?, page, sort })
    }
}

impl<'q> QuestionList<'q> {
    /// `None` without an integer `product_id`.
    #[must_use]
    pub fn parse(query: &'q str) -> Option<Self> {
        let list = List::parse(query);
        let page = list.page();
        Some(Self { product: ProductId::parse(list.product_id?)?, page })
    }
}

impl<'q> AnswerList<'q> {
    #[must_use]
    pub fn parse(query: &'q str) -> Self {
        let list = List::parse(query);
        Self { page: list.page(), page_text: list.page, count_text: list.count }
    }
}

impl<'q> List<'q> {
    fn parse(query: &'q str) -> Self {
        let mut list = Self::default();
        for (key, value) in pairs(query) {
            let first = match &*key {
                "product_id" => &mut list.product_id,
                "page" => &mut list.page,
                "count" => &mut list.count,
                "sort" => &mut list.sort,
                _ => continue,
            };
            first.get_or_insert(value);
        }
        list
    }

    fn page(&self) -> Page {
        let page = positive(self.page.as_deref()).unwrap_or(PAGE_DEFAULT);
        let count = positive(self.count.as_deref()).unwrap_or(COUNT_DEFAULT);
        Page { count, offset: (page - 1).saturating_mul(count) }
    }
}

impl<'q> ProductId<'q> {
    /// The product that `query` names; `None` when that is missing or no integer.
    #[must_use]
    pub fn of_query(query: &'q str) -> Option<Self> {
        pairs(query).find(|(key, _)| key == "product_id").and_then(|(_, value)| Self::parse(value))
    }

    /// The product that a path's segment names; `None` for anything but digits.
    #[must_use]
    pub fn of_path(segment: &'q str) -> Option<Self> {
        Self::parse(Cow::Borrowed(segment)).filter(|_| !segment.starts_with('-'))
    }

    fn parse(text: Cow<'q, str>) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(&text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let value = text.parse().unwrap_or(0);
        Some(Self { text, value })
    }
}

/// Keys and values, decoded; a key without `=` has an empty value.
fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key), decoded(value))
    })
}

fn decoded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte != b'%' && byte != b'+') {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

fn positive(text: Option<&str>) -> Option<i64> {
    text?.trim().parse().ok().filter(|&value| value >= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(query: &str) -> ReviewList<'_> {
        ReviewList::parse(query).unwrap()
    }

    #[test]
    fn a_query_gives_product_page_and_order() {
        let parsed = list("product_id=40344&page=3&count=20&sort=newest");
        assert_eq!(parsed.product, ProductId { text: "40344".into(), value: 40344 });
        assert_eq!(parsed.page, Page { count: 20, offset: 40 });
        assert_eq!(parsed.sort, Sort::Newest);
    }

    #[test]
    fn odd_pages_and_counts_are_the_defaults() {
        for odd in ["0", "-3", "abc", "", "1.5", "1e3", "99999999999999999999", "null"] {
            let query = format!("product_id=1&page={odd}&count={odd}");
            assert_eq!(list(&query).page, Page { count: 5, offset: 0 }, "{odd}");
        }
    }

    #[test]
    fn huge_counts_are_echoed_and_not_read() {
        let page = list("product_id=1&count=9007199254740991&page=9007199254740991").page;
        assert_eq!(page.count, 9_007_199_254_740_991);
        assert_eq!((page.limit(), page.offset), (PAGE_ROWS_MAX, i64::MAX));
    }

    #[test]
    fn an_unknown_order_is_the_default_one() {
        for sort in ["relevant", "Relevant", "relevance", "helpful", "[object+HTMLElement]", ""] {
            assert_eq!(list(&format!("product_id=1&sort={sort}")).sort, Sort::Helpful);
        }
    }

    #[test]
    fn keys_and_values_are_decoded_and_the_first_counts() {
        assert_eq!(list("product%5Fid=%37&product_id=8").product.value, 7);
        assert_eq!(list("x=%ff&product_id=7&count=+10+").page.count, 10);
    }

    #[test]
    fn a_list_of_answers_keeps_what_was_sent() {
        let sent = AnswerList::parse("count=x%22&page=2");
        assert_eq!(
            (sent.page_text.as_deref(), sent.count_text.as_deref()),
            (Some("2"), Some("x\""))
        );
        assert_eq!(sent.page, Page { count: 5, offset: 5 });
        assert_eq!(AnswerList::parse("counts=1").count_text, None);
    }

    #[test]
    fn a_path_names_a_product_by_digits() {
        assert_eq!(ProductId::of_path("40344").unwrap().value, 40344);
        assert_eq!(ProductId::of_path("2147483648").unwrap().value, 0);
        for segment in ["", "-7", "undefined", "1.5", "%31", "1 "] {
            assert_eq!(ProductId::of_path(segment), None, "{segment}");
        }
    }

    #[test]
    fn a_product_that_is_no_integer_is_none() {
        for query in
            ["", "product_id", "product_id=", "product_id=hello", "product_id=null", "count=5"]
        {
            assert_eq!(ReviewList::parse(query), None, "{query}");
            assert_eq!(ProductId::of_query(query), None, "{query}");
        }
        for id in ["5.55", "-", "+5", "0x10", "5%20", "%20", "1e3", "٣"] {
            assert_eq!(ProductId::of_query(&format!("product_id={id}")), None, "{id}");
        }
    }

    #[test]
    fn an_integer_that_no_product_can_have_is_nobody() {
        for (id, value) in [("0", 0), ("-7", -7), ("2147483648", 0), ("99999999999999999999", 0)] {
            let query = format!("product_id={id}");
            let parsed = ProductId::of_query(&query).unwrap();
            assert_eq!((parsed.value, &*parsed.text), (value, id));
        }
        assert_eq!(ProductId::of_query("product_id=007").unwrap().value, 7);
    }

    #[test]
    fn any_query_is_parsed_or_none() {
        arbtest::arbtest(|random| {
            let query: String = format!("product_id={}&{}", random.arbitrary::<i64>()?, {
                random.arbitrary::<String>()?
            });
            let parsed = list(&query);
            assert!(parsed.page.count >= 1 && parsed.page.offset >= 0);
            assert!((1..=PAGE_ROWS_MAX).contains(&parsed.page.limit()));
            let digits = parsed.product.text.trim_start_matches('-');
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
            Ok(())
        });
    }
}
