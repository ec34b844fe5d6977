//! What is read: requests as clients send them, and rows as the statements give them.

use crate::rows::{Column, Rows};
use atelier::statements;

/// Bytes of a line of the processor's cache.
const LINE_BYTES: usize = 64;

/// A copy, for as long as the program runs, at the start of such a line. Searches take a few steps
/// more or less by where their bytes lie: of two builds whose constants lay elsewhere, one took
/// 4.9 % more for a request's head.
pub fn placed(bytes: &[u8]) -> &'static [u8] {
    let room = vec![0; bytes.len() + LINE_BYTES].leak();
    let start = room.as_ptr().align_offset(LINE_BYTES);
    let place = &mut room[start..start + bytes.len()];
    place.copy_from_slice(bytes);
    place
}

/// As [`placed`], of a text.
pub fn placed_text(text: &str) -> &'static str {
    str::from_utf8(placed(text.as_bytes())).unwrap_or_default()
}

/// What a load generator sends.
pub const WRK: &[u8] =
    b"GET /reviews/meta?product_id=40344 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

/// What a page's script has a browser send.
pub const BROWSER: &[u8] = b"GET /api/fec2/hr-rfp/reviews?product_id=40344&count=100 HTTP/1.1\r\n\
    Host: 127.0.0.1:8080\r\n\
    Connection: keep-alive\r\n\
    sec-ch-ua-platform: \"Linux\"\r\n\
    Authorization: ghp_0123456789abcdefghijklmnopqrstuvwxyz\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/131.0.0.0 Safari/537.36\r\n\
    Accept: application/json, text/plain, */*\r\n\
    sec-ch-ua: \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"\r\n\
    sec-ch-ua-mobile: ?0\r\n\
    Origin: http://localhost:3000\r\n\
    Sec-Fetch-Site: cross-site\r\n\
    Sec-Fetch-Mode: cors\r\n\
    Sec-Fetch-Dest: empty\r\n\
    Referer: http://localhost:3000/\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-US,en;q=0.9\r\n\r\n";

/// A request with a body, whose framing is read.
pub const POST: &[u8] = b"POST /cart HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\
    Content-Type: application/json\r\nContent-Length: 14\r\n\r\n";

/// 2020-07-30T03:41:21.467Z.
pub const TIME: i64 = 649_395_681_467_000;

/// A review as long as most.
pub const BODY: &str = "I bought these for a long weekend in the mountains and have hardly taken \
    them off since. They fit as expected, keep the wind out, and have been through the wash a \
    dozen times without losing their shape or colour. I would buy them again.";

/// A row of `product.sql`.
pub fn product(product_id: i32) -> Rows {
    Rows::of(&statements::PRODUCT.one).with(&[
        Column::Int4(product_id),
        Column::Text(SUMMARY),
        Column::Time(TIME),
        Column::Text(FEATURES),
    ])
}

const SUMMARY: &str = concat!(
    r#""name":"Camo Onesie","slogan":"Blend in to your crowd","#,
    r#""description":"The So Fatigues will wake you up and fit you in. This high energy camo "#,
    r#"will have you blending in to even the wildest surroundings.","#,
    r#""category":"Jackets","default_price":"140.00""#
);
const FEATURES: &str =
    r#"[{"feature":"Fabric","value":"Canvas"},{"feature":"Buttons","value":"Brass"}]"#;

/// Rows of `review_list_helpful.sql`: of five one with escapes, one with a response, two with
/// photos, as they lie about in the data set.
pub fn five_reviews() -> Rows {
    let quoted = "My wife said \"keep it\",\nand so I did.";
    let photo = r#"[{"id":2455614,"url":"https://images.example.org/photo-1549812474.jpg"}]"#;
    let reviews = [
        ("It fits", BODY, Column::Null, Column::Null),
        ("Quality is suspect", quoted, Column::Null, Column::Text(photo)),
        ("Great product!", BODY, Column::Text("Thank you, we told the tailor."), Column::Null),
        ("Größe stimmt", "Sehr zufrieden.", Column::Null, Column::Null),
        ("I am gifting these", "Runs small, so order one up.", Column::Null, Column::Text(photo)),
    ];
    let rows = Rows::of(&statements::REVIEW_LIST_HELPFUL.one);
    reviews.into_iter().zip(0..).fold(rows, |rows, ((summary, body, response, photos), place)| {
        rows.with(&[
            Column::Int4(5_774_952 - place),
            Column::Int2(4),
            Column::Text(summary),
            Column::Bool(true),
            response,
            Column::Text(body),
            Column::Time(TIME),
            Column::Text("shortandsweeet"),
            Column::Int4(17 - place),
            photos,
        ])
    })
}

/// A row of `review_meta.sql`.
pub fn review_meta() -> Rows {
    let [one, two, three, four, five] = [1, 4, 0, 6, 22].map(Column::Int4);
    Rows::of(&statements::REVIEW_META.one).with(&[
        one,
        two,
        three,
        four,
        five,
        Column::Int4(8),
        Column::Int4(28),
        Column::Int4s(&[135_219, 135_220, 135_221, 135_222]),
        Column::Texts(&["Fit", "Length", "Comfort", "Quality"]),
        Column::Int4s(&[118, 116, 132, 136]),
        Column::Int4s(&[36, 36, 36, 36]),
    ])
}

/// Rows of `question_list.sql`: two questions, three answers to the first, one to the second, with
/// photos.
pub fn two_questions() -> Rows {
    let urls: &[&str] = &["https://images.example.org/a.jpg", "https://images.example.org/b.jpg"];
    let posts = [
        (Column::Null, "Why is this product cheaper here than other sites?", Column::Null),
        (Column::Int4(68), "We are selling it here without any markup.", Column::Null),
        (
            Column::Int4(70),
            "Some of the seams started splitting the first time I wore it!",
            Column::Null,
        ),
        (Column::Int4(78), "9 lives", Column::Null),
        (Column::Null, "How long does it last?", Column::Null),
        (Column::Int4(95), "It runs small, and lasts \"for ever\".", Column::Texts(urls)),
    ];
    let rows = Rows::of(&statements::QUESTION_LIST.one);
    posts.into_iter().zip(0..).fold(rows, |rows, ((answer_id, body, photo_urls), place)| {
        rows.with(&[
            Column::Int4(if place < 4 { 37 } else { 38 }),
            answer_id,
            Column::Text(body),
            Column::Time(TIME),
            Column::Text("williamsmith"),
            Column::Int4(4),
            photo_urls,
        ])
    })
}

/// Rows of `answer_list.sql`, one of them with photos.
pub fn five_answers() -> Rows {
    let ids: &[i32] = &[1, 2];
    let urls: &[&str] = &["https://images.example.org/a.jpg", "https://images.example.org/b.jpg"];
    (0..5).fold(Rows::of(&statements::ANSWER_LIST.one), |rows, place| {
        let (ids, urls) = match place {
            1 => (Column::Int4s(ids), Column::Texts(urls)),
            _ => (Column::Null, Column::Null),
        };
        rows.with(&[
            Column::Int4(6_879_306 - place),
            Column::Text("Something pretty soft but I can't be sure"),
            Column::Time(TIME),
            Column::Text("metslover"),
            Column::Int4(5),
            ids,
            urls,
        ])
    })
}
