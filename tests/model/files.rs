//! A set of rows as files, in one of the many forms that such files are known to have.

use super::rows::{Photo, Post, Rows, Set};
use super::text::{self, boolean, date, field, number, optional_field, price, quoted};
use fastrand::Rng;

pub type Files = Vec<(&'static str, String)>;

/// The files of a set.
pub fn write(random: &mut Rng, set: &Set) -> Files {
    let mut files = catalogue(random, set);
    files.extend(posts(random, set));
    files
}

fn catalogue(random: &mut Rng, set: &Set) -> Files {
    vec![
        file(random, "product.csv", HEADERS[0], &set.products, |random, it| {
            vec![
                field(random, &it.name),
                field(random, &it.slogan),
                field(random, &it.description),
                field(random, &it.category),
                price(random, it.price_cents),
            ]
        }),
        file(random, "features.csv", HEADERS[1], &set.features, |random, it| {
            vec![
                number(random, it.product_id),
                optional_field(random, it.feature.as_ref()),
                optional_field(random, it.value.as_ref()),
            ]
        }),
        file(random, "styles.csv", HEADERS[2], &set.styles, |random, it| {
            vec![
                number(random, it.product_id),
                field(random, &it.name),
                price(random, it.sale_cents),
                price(random, it.price_cents),
                boolean(random, it.is_default),
            ]
        }),
        file(random, "photos.csv", HEADERS[3], &set.style_photos, |random, it| {
            let thumbnail_url = it.thumbnail_url.as_ref();
            let is_plain = it.url.iter().all(|url| !url.contains([',', '"']));
            let left_open =
                thumbnail_url.filter(|url| is_plain && url.ends_with("q=80") && random.bool());
            vec![
                number(random, it.style_id),
                optional_field(random, it.url.as_ref()),
                match left_open {
                    Some(url) => format!("\"{url}"),
                    None => optional_field(random, thumbnail_url),
                },
            ]
        }),
        file(random, "skus.csv", HEADERS[4], &set.skus, |random, it| {
            let quantity = it.quantity.map(|quantity| number(random, quantity));
            vec![
                number(random, it.style_id),
                optional_field(random, it.size.as_ref()),
                quantity.unwrap_or_else(|| "null".to_owned()),
            ]
        }),
        file(random, "related.csv", HEADERS[5], &set.related, |random, it| {
            vec![number(random, it.product_id), number(random, it.related_product_id)]
        }),
        file(random, "cart.csv", HEADERS[6], &set.carts, |random, it| {
            vec!["1234".to_owned(), number(random, it.product_id), boolean(random, true)]
        }),
    ]
}

fn posts(random: &mut Rng, set: &Set) -> Files {
    vec![
        file(random, "characteristics.csv", HEADERS[7], &set.characteristics, |random, it| {
            vec![number(random, it.product_id), field(random, &it.name)]
        }),
        file(random, "reviews_photos.csv", HEADERS[8], &set.review_photos, photo),
        file(random, "reviews.csv", HEADERS[9], &set.reviews, |random, it| {
            vec![
                number(random, it.product_id),
                number(random, it.rating),
                date(random, it.date_ms),
                field(random, &it.summary),
                field(random, &it.body),
                boolean(random, it.recommend),
                boolean(random, it.reported),
                field(random, &it.name),
                quoted("first.last@gmail.com"),
                optional_field(random, it.response.as_ref()),
                number(random, it.helpfulness),
            ]
        }),
        file(random, "characteristic_reviews.csv", HEADERS[10], &set.values, |random, it| {
            [it.characteristic_id, it.review_id, it.value].map(|it| number(random, it)).to_vec()
        }),
        file(random, "questions.csv", HEADERS[11], &set.questions, post),
        file(random, "answers_photos.csv", HEADERS[12], &set.answer_photos, photo),
        file(random, "answers.csv", HEADERS[13], &set.answers, post),
    ]
}

/// In the order of the report.
const HEADERS: [&str; 14] = [
    "id,name,slogan,description,category,default_price",
    "id,product_id,feature,value",
    "id,productId,name,sale_price,original_price,default_style",
    "id,styleId,url,thumbnail_url",
    "id,styleId,size,quantity",
    "id,current_product_id,related_product_id",
    "id,user_session,product_id,active",
    "id,product_id,name",
    "id,review_id,url",
    "id,product_id,rating,date,summary,body,recommend,reported,\
     reviewer_name,reviewer_email,response,helpfulness",
    "id,characteristic_id,review_id,value",
    "id,product_id,body,date_written,asker_name,asker_email,reported,helpful",
    "id,answer_id,url",
    "id,question_id,body,date_written,answerer_name,answerer_email,reported,helpful",
];

fn photo(random: &mut Rng, photo: &Photo) -> Vec<String> {
    vec![number(random, photo.post_id), text::field(random, &photo.url)]
}

fn post(random: &mut Rng, post: &Post) -> Vec<String> {
    vec![
        number(random, post.parent_id),
        field(random, &post.body),
        date(random, post.date_ms),
        field(random, &post.name),
        quoted("first.last@gmail.com"),
        boolean(random, post.reported),
        number(random, post.helpfulness),
    ]
}

/// A file of rows, of which `fields` writes all but the id.
fn file<R>(
    random: &mut Rng,
    name: &'static str,
    header: &str,
    rows: &Rows<R>,
    fields: impl Fn(&mut Rng, &R) -> Vec<String>,
) -> (&'static str, String) {
    let mut lines = vec![header.to_owned()];
    if random.bool() {
        lines[0] = header.replace(',', ", ");
    }
    if random.u8(..4) == 0 {
        lines[0].insert(0, '\u{feff}');
    }
    for (id, row) in rows {
        let mut all = vec![number(random, *id)];
        all.extend(fields(random, row));
        lines.push(all.join(","));
    }
    let line_end = if random.u8(..4) == 0 { "\r\n" } else { "\n" };
    let mut text = lines.join(line_end);
    if random.bool() {
        text.push_str(line_end);
    }
    (name, text)
}
