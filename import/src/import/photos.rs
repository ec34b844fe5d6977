//! photos.csv, the photos of styles, into `style_photos`. In no particular order: requests read
//! what is rendered from them.

use super::clean::{self, Refusal};
use super::encode::{CopyStream, Encoder};
use super::repairs::Repairs;
use super::rows::Row;
use super::session::Session;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout =
    Layout { file: "photos.csv", columns: &["id", "styleId", "url", "thumbnail_url"] };

const ID: usize = 0;
const STYLE_ID: usize = 1;
const URL: usize = 2;
const THUMBNAIL_URL: usize = 3;

const COPY: &str = "copy style_photos \
    (product_id, style_id, photo_id, thumbnail_shared, url, thumbnail_rest) \
    from stdin (format binary, freeze)";

/// The most that is looked at for what two addresses share, in bytes: what fits the column.
const SHARED_BYTES_MAX: usize = i16::MAX as usize;

/// # Errors
/// When the file cannot be read or the database refuses it.
pub fn load(
    source: &mut Source,
    shop: &mut Shop<'_>,
    ledger: &mut Ledger<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let mut texts = Texts::default();
    source.copy(ledger, session, COPY, |row, repairs, copy| {
        take(row, shop, repairs, copy, &mut texts)
    })
}

/// The addresses of one photo, as the database takes them.
#[derive(Default)]
struct Texts {
    url: Vec<u8>,
    thumbnail_url: Vec<u8>,
}

fn take(
    row: &Row<'_>,
    shop: &mut Shop<'_>,
    repairs: &mut Repairs,
    copy: &mut CopyStream<'_>,
    texts: &mut Texts,
) -> Result<(), Refusal> {
    let id = clean::id(row, ID)?;
    let style_id = clean::id(row, STYLE_ID)?;
    let Some(product_id) = shop.styles.get(style_id) else {
        return Err(clean::orphan(STYLE_ID, "style", style_id));
    };
    if !shop.style_photos.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    let to = copy.row(6)?;
    to.int(product_id);
    to.int(style_id);
    to.int(id);
    // As they are: some begin with `uhttps://`, and some are whole pictures as `data:` URLs.
    let Texts { url, thumbnail_url } = texts;
    let has_url = clean::set_optional(row.field(URL), url, repairs);
    let has_thumbnail = clean::set_optional(row.field(THUMBNAIL_URL), thumbnail_url, repairs);
    let (bytes, characters) = if has_thumbnail { shared(url, thumbnail_url) } else { (0, 0) };
    to.smallint(characters);
    to.nullable(has_url.then_some(&url[..]), Encoder::text);
    to.nullable(has_thumbnail.then_some(&thumbnail_url[bytes..]), Encoder::text);
    Ok(())
}

/// How much two texts share at their beginning, in bytes and in characters.
fn shared(one: &[u8], two: &[u8]) -> (usize, i16) {
    let is_inside = |byte: &u8| byte & 0xc0 == 0x80;
    let pairs = one.iter().zip(two).take(SHARED_BYTES_MAX);
    let mut bytes = pairs.take_while(|(one, two)| one == two).count();
    while bytes > 0 && one.get(bytes).is_some_and(is_inside) {
        bytes -= 1;
    }
    let characters = one[..bytes].iter().filter(|byte| !is_inside(byte)).count();
    // Not more than the bytes, which are bounded.
    (bytes, i16::try_from(characters).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_texts_share_ends_between_characters() {
        for (one, two, expected) in [
            ("", "", (0, 0)),
            ("https://x?w=668", "https://x?w=300", (12, 12)),
            ("same", "same", (4, 4)),
            ("same", "same and more", (4, 4)),
            ("same and more", "same", (4, 4)),
            ("", "thumbnail", (0, 0)),
            // é and è begin with the same byte, and so do two of the emoji.
            ("café", "cafè", (3, 3)),
            ("é1", "é2", (2, 1)),
            ("\u{1f600}", "\u{1f601}", (0, 0)),
        ] {
            assert_eq!(shared(one.as_bytes(), two.as_bytes()), expected, "{one} {two}");
        }
        let long = "é".repeat(SHARED_BYTES_MAX);
        let (bytes, characters) = shared(long.as_bytes(), long.as_bytes());
        assert_eq!((bytes, usize::try_from(characters).unwrap()), (32_766, 16_383));
    }
}
