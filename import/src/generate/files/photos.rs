//! photos.csv: up to seven rows a style, each the addresses of one photo in two widths.
//! How many photos a style has was drawn before; here are their ids, addresses and faults.

use crate::generate::FileSummary;
use crate::generate::photo::{PhotoIds, write_source, write_width};
use crate::generate::product::Product;
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use crate::generate::style::{PHOTOS_MAX, Style};
use std::path::Path;

const HEADER: &str = "id,styleId,url,thumbnail_url";

/// Ids that are followed by a gap, of a million. The real file has some ten; more of them here,
/// so that a set of a few thousand products has one.
const GAPS_OF_MILLION: u32 = 100;

/// Photos without a fault, with each of the others in turn; of a million. The real file has 193
/// lost quotes in 5.7 million rows; how many of the others it has is not known.
const FAULTS_OF_MILLION: [u32; 4] = [999_941, 34, 20, 5];

/// How long the very long addresses are.
const LONG_BYTES: (u64, u64) = (1_500, 3_000);

/// What the shop's pages ask for, in pixels.
const WIDTH: &str = "668";
const THUMBNAIL_WIDTH: &str = "300";

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The thumbnail's closing quote is missing.
    QuoteLost,
    /// The address begins with "uhttps".
    SchemeTypo,
    /// The address does not end for a long time.
    Long,
}

/// photos.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    stream: Stream,
    ids: PhotoIds,
    url: String,
    thumbnail_url: String,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            sheet: Sheet::create(directory, "photos.csv", HEADER)?,
            stream: Stream::new(0, 0, Purpose::StylePhotos),
            ids: PhotoIds::new(GAPS_OF_MILLION),
            url: String::new(),
            thumbnail_url: String::new(),
        })
    }

    /// Turns to the styles of `product`.
    pub fn begin(&mut self, seed: u64, product: &Product) {
        self.stream = Stream::new(seed, u64::from(product.id), Purpose::StylePhotos);
    }

    pub fn append(&mut self, style_id: u64, style: &Style) -> anyhow::Result<()> {
        let ids = self.ids.take::<PHOTOS_MAX>(style.photos, &mut self.stream);
        for id in ids.into_iter().take(style.photos) {
            let fault = fault(&mut self.stream);
            self.write_urls(fault);
            let row = self.sheet.row().number(id).number(style_id).text(&self.url);
            match fault {
                Fault::QuoteLost => row.text_unclosed(&self.thumbnail_url).end()?,
                _ => row.text(&self.thumbnail_url).end()?,
            }
        }
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }

    fn write_urls(&mut self, fault: Fault) {
        self.url.clear();
        if fault == Fault::SchemeTypo {
            self.url.push('u');
        }
        write_source(&mut self.url, &mut self.stream);
        if fault == Fault::Long {
            lengthen(&mut self.url, &mut self.stream);
        }
        self.thumbnail_url.clear();
        self.thumbnail_url.push_str(&self.url);
        write_width(&mut self.url, WIDTH);
        write_width(&mut self.thumbnail_url, THUMBNAIL_WIDTH);
    }
}

fn fault(stream: &mut Stream) -> Fault {
    let faults = [Fault::None, Fault::QuoteLost, Fault::SchemeTypo, Fault::Long];
    faults[stream.weighted(&FAULTS_OF_MILLION)]
}

/// Adds what a tracker would add. Commas and quotes are as absent as in the real file, which
/// can be read by splitting lines at commas.
fn lengthen(out: &mut String, stream: &mut Stream) {
    /// As in an address that holds encoded data.
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (bytes_min, bytes_max) = LONG_BYTES;
    out.push_str("&token=");
    for _ in 0..stream.between(bytes_min, bytes_max) {
        out.push(char::from(stream.pick(LETTERS)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Real lost quotes: 193 of 5,655,656 rows.
    #[test]
    fn faults_are_as_rare_as_in_the_real_file() {
        assert_eq!(FAULTS_OF_MILLION.iter().sum::<u32>(), 1_000_000);
        let mut stream = Stream::new(3, 3, Purpose::StylePhotos);
        let mut counts = [0_u32; 4];
        for _ in 0..4_000_000 {
            counts[fault(&mut stream) as usize] += 1;
        }
        assert!((100..=172).contains(&counts[1]), "{counts:?}");
        assert!((50..=110).contains(&counts[2]), "{counts:?}");
        assert!((6..=36).contains(&counts[3]), "{counts:?}");
    }

    #[test]
    fn each_fault_is_one_broken_thing() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = File::create(directory.path()).unwrap();
        let mut written = |fault| {
            file.write_urls(fault);
            (file.url.clone(), file.thumbnail_url.clone())
        };
        let (url, thumbnail_url) = written(Fault::None);
        assert!(url.starts_with("https://") && url.ends_with("&w=668&q=80"), "{url}");
        assert_eq!(thumbnail_url, url.replace("&w=668", "&w=300"));
        assert!(written(Fault::SchemeTypo).0.starts_with("uhttps://"));
        let (url, _) = written(Fault::Long);
        assert!((1_500..=3_200).contains(&url.len()) && !url.contains([',', '"']), "{url}");
    }
}
