//! Query strings and ids.

use serde::Deserialize;

const COUNT_DEFAULT: i64 = 5;
const PAGE_ROWS_MAX: i64 = 10_000;

/// The parameters that routes know, as they were sent.
#[derive(Deserialize)]
pub struct Params {
    pub product_id: Option<String>,
    pub page: Option<String>,
    pub count: Option<String>,
    pub sort: Option<String>,
}

/// A window on a list.
pub struct Page {
    pub count: i64,
    pub offset: i64,
}

impl Page {
    pub fn limit(&self) -> i64 {
        self.count.min(PAGE_ROWS_MAX)
    }
}

impl Params {
    pub fn page(&self) -> Page {
        let positive = |text: &Option<String>| {
            text.as_deref()?.trim().parse().ok().filter(|&value: &i64| value >= 1)
        };
        let count = positive(&self.count).unwrap_or(COUNT_DEFAULT);
        let page = positive(&self.page).unwrap_or(1);
        Page { count, offset: (page - 1).saturating_mul(count) }
    }

    /// The product as it was written, and its id.
    pub fn product(&self) -> Option<(&str, i32)> {
        let text = self.product_id.as_deref()?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        id_of(digits)?;
        Some((text, text.parse().unwrap_or(0)))
    }
}

/// An id of digits; 0, which no row has, where it is too large for one.
pub fn id_of(text: &str) -> Option<i32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(0))
}
