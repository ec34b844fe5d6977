//! What all photos have in common, whoever shows them: addresses such as the real files have,
//! and ids that are neither ascending nor without gaps.

use super::digits::{push_hex_12, push_number};
use super::stream::Stream;

/// Neighbouring photos of a parent whose ids changed places, of a thousand.
const SWAPS_OF_1000: u32 = 250;

/// The number in a photo's address is the time of its upload: 2013 to 2021, in milliseconds.
const UPLOADED_MS: (u64, u64) = (1_370_000_000_000, 1_620_000_000_000);

/// Widths in the addresses of customers' photos, in pixels.
const WIDTHS: [&str; 6] = ["300", "668", "750", "1050", "1350", "1650"];

/// Hands out the ids of one file of photos.
#[derive(Debug)]
pub struct PhotoIds {
    next: u64,
    gaps_of_million: u32,
}

impl PhotoIds {
    /// So many of a million ids are followed by a gap of one to three.
    pub fn new(gaps_of_million: u32) -> Self {
        Self { next: 1, gaps_of_million }
    }

    /// The ids of the next `count` photos, at most `N`, some of them swapped.
    pub fn take<const N: usize>(&mut self, count: usize, stream: &mut Stream) -> [u64; N] {
        let mut ids = [0; N];
        for id in ids.iter_mut().take(count) {
            *id = self.next;
            self.next += 1;
            if stream.chance_of_million(self.gaps_of_million) {
                self.next += stream.between(1, 3);
            }
        }
        for place in 1..count {
            if stream.chance(SWAPS_OF_1000) {
                ids.swap(place - 1, place);
            }
        }
        ids
    }
}

/// Writes the address of a customer's photo; nothing ever fetches it.
pub fn write_url(out: &mut String, stream: &mut Stream) {
    write_source(out, stream);
    write_width(out, stream.pick(&WIDTHS));
}

/// Writes an address as far as one photo's addresses are the same.
pub fn write_source(out: &mut String, stream: &mut Stream) {
    let (oldest, newest) = UPLOADED_MS;
    out.push_str("https://images.unsplash.com/photo-");
    push_number(out, stream.between(oldest, newest));
    out.push('-');
    push_hex_12(out, stream.between(0, (1 << 48) - 1));
    out.push_str("?ixlib=rb-1.2.1");
    if stream.chance(600) {
        out.push_str("&ixid=eyJhcHBfaWQiOjEyMDd9");
    }
    out.push_str("&auto=format&fit=crop");
}

/// Writes the rest of an address: how many pixels wide the photo is to be.
pub fn write_width(out: &mut String, pixels: &str) {
    out.push_str("&w=");
    out.push_str(pixels);
    out.push_str("&q=80");
}

#[cfg(test)]
mod tests {
    use super::super::stream::Purpose;
    use super::*;

    #[test]
    fn ids_come_once_with_gaps_and_out_of_order() {
        let mut stream = Stream::new(1, 1, Purpose::ReviewPhotos);
        let mut photos = PhotoIds::new(4_000);
        let mut ids: Vec<u64> = (0..4_000).flat_map(|_| photos.take::<5>(5, &mut stream)).collect();
        assert!(!ids.is_sorted());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 20_000);
        assert!((20_100..20_220).contains(&ids[19_999]), "{}", ids[19_999]);
    }

    #[test]
    fn the_same_photo_has_an_address_for_each_width() {
        let mut url = String::new();
        write_source(&mut url, &mut Stream::new(1, 1, Purpose::ReviewPhotos));
        let source = url.clone();
        write_width(&mut url, "668");
        assert_eq!(url, format!("{source}&w=668&q=80"));
        assert!(!url.contains([',', '"']) && url.len() < 200);
    }
}
