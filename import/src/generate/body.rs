//! Writes what a customer says: the summary and the body of a review, with the habits of people
//! who type on a phone (double spaces, new lines, no full stop, capitals, emoji).
//!
//! The sentences themselves lie in `words`.

use super::product::Product;
use super::review::{Mood, Review};
use super::sentence::fill;
use super::stream::Stream;
use super::words::{self, Vocabulary};

/// Bodies shorter than this get another sentence; the shop's form asked for 50 characters, and
/// an accent takes two bytes.
const BODY_BYTES_MIN: usize = 60;

/// No sentence is added to a body of this length. The longest sentence is below 200 bytes, so
/// that a body stays below the 1,000 characters that the shop's form allowed.
const BODY_BYTES_ENOUGH: usize = 700;

/// How many of a hundred bodies have 2 to 9 sentences.
const SENTENCES_OF_100: [u32; 8] = [17, 32, 24, 14, 6, 4, 2, 1];

/// Summaries that are empty, of a thousand.
const SUMMARY_EMPTY_OF_1000: u32 = 8;

/// Writes a summary of at most 60 characters, sometimes none.
pub fn summary(out: &mut String, product: &Product, review: &Review, stream: &mut Stream) {
    if stream.chance(SUMMARY_EMPTY_OF_1000) {
        return;
    }
    let vocabulary = words::vocabulary(review.mood());
    fill(out, stream.pick(vocabulary.summaries), product, stream);
    match stream.weighted(&[78, 12, 8, 2]) {
        1 => out.push('!'),
        2 => out.make_ascii_lowercase(),
        3 => out.make_ascii_uppercase(),
        _ => {}
    }
}

/// Writes a body: an opener, remarks, and often a closer.
pub fn body(out: &mut String, product: &Product, review: &Review, stream: &mut Stream) {
    let vocabulary = words::vocabulary(review.mood());
    let gap = gap(stream);
    let closer = stream.chance(450);
    let sentences = 2 + stream.weighted(&SENTENCES_OF_100);
    let mut remarks = Remarks::new(product, review.mood(), vocabulary, stream);
    fill(out, stream.pick(vocabulary.openers), product, stream);
    for _ in 1 + usize::from(closer)..sentences {
        if out.len() >= BODY_BYTES_ENOUGH {
            break;
        }
        out.push_str(gap);
        fill(out, remarks.next(stream), product, stream);
    }
    if closer {
        out.push_str(gap);
        fill(out, stream.pick(vocabulary.closers), product, stream);
    }
    while out.len() < BODY_BYTES_MIN {
        out.push_str(gap);
        fill(out, remarks.next(stream), product, stream);
    }
    habits(out, vocabulary, stream);
}

/// What lies between two sentences; the same in all of a body.
fn gap(stream: &mut Stream) -> &'static str {
    [" ", "  ", "\n", "\n\n", "\r\n"][stream.weighted(&[650, 338, 6, 5, 1])]
}

fn habits(out: &mut String, vocabulary: &Vocabulary, stream: &mut Stream) {
    match stream.weighted(&[900, 50, 15, 35]) {
        1 => out.make_ascii_lowercase(),
        2 => {
            out.make_ascii_uppercase();
            out.truncate(out.trim_end_matches('.').len());
            out.push_str("!!");
        }
        3 => {
            out.push(' ');
            out.push_str(stream.pick(vocabulary.emoji));
        }
        _ if out.ends_with('.') && stream.chance(120) => {
            out.pop();
        }
        _ => {}
    }
}

/// The remarks of one body: of the category, of any product and of the customer's life in turn,
/// each list walked from a random place on so that no sentence comes twice.
struct Remarks {
    lists: [&'static [&'static str]; 3],
    places: [usize; 3],
    turn: usize,
}

impl Remarks {
    fn new(
        product: &Product,
        mood: Mood,
        vocabulary: &'static Vocabulary,
        stream: &mut Stream,
    ) -> Self {
        let praise = match mood {
            Mood::Good => true,
            Mood::Mixed => stream.chance(500),
            Mood::Bad => false,
        };
        let of_category = if praise { product.category.praise } else { product.category.gripes };
        let lists = [of_category, vocabulary.remarks, words::SCENES];
        let places = lists.map(|list| stream.index(list.len()));
        Self { lists, places, turn: stream.weighted(&[35, 45, 20]) }
    }

    fn next(&mut self, stream: &mut Stream) -> &'static str {
        let turn = self.turn % self.lists.len();
        let list = self.lists[turn];
        let sentence = list[self.places[turn] % list.len()];
        self.places[turn] += 1;
        // Half of the time the customer's life is left out.
        self.turn += if turn == 1 && stream.chance(500) { 2 } else { 1 };
        sentence
    }
}

#[cfg(test)]
mod tests {
    use super::super::popularity::Popularity;
    use super::super::review::Reviews;
    use super::super::stream::Purpose;
    use super::*;

    /// Summaries and bodies of the reviews of the first 2,000 products.
    fn texts() -> Vec<(String, String)> {
        let mut popularity = Popularity::new(8);
        let mut texts = Vec::new();
        for id in 1..=2_000 {
            let product = Product::draw(8, id, &mut popularity);
            let mut stream = Stream::new(8, u64::from(id), Purpose::ReviewText);
            for review in Reviews::of(8, &product) {
                let mut text = (String::new(), String::new());
                summary(&mut text.0, &product, &review, &mut stream);
                body(&mut text.1, &product, &review, &mut stream);
                texts.push(text);
            }
        }
        texts
    }

    #[test]
    fn texts_have_the_lengths_that_the_shop_allowed() {
        let texts = texts();
        let total: usize = texts.iter().map(|(_, body)| body.len()).sum();
        assert!((165..=195).contains(&(total / texts.len())), "{}", total / texts.len());
        for (summary, body) in &texts {
            assert!(summary.chars().count() <= 60, "{summary}");
            assert!((50..=1_000).contains(&body.chars().count()), "{body}");
        }
        let usual = texts.iter().filter(|(_, body)| body.len() <= 400).count();
        assert!(usual * 100 / texts.len() >= 95);
    }

    #[test]
    fn bodies_rarely_read_the_same() {
        let mut bodies: Vec<String> = texts().into_iter().map(|(_, body)| body).collect();
        let count = bodies.len();
        bodies.sort_unstable();
        bodies.dedup();
        assert!(bodies.len() * 1_000 / count >= 985, "{} of {count} differ", bodies.len());
    }
}
