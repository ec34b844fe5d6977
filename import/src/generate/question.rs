//! What is known of a question before its words are chosen: what it is about, when it was asked,
//! who found it helpful, how many answers it has.

use super::deal::{Band, Deal, exactly};
use super::product::Product;
use super::review::CLOSED_MS;
use super::stream::{Purpose, Stream};
use super::words::{self, Topic};

/// Together 1,011 products with 3,558 questions in the mean: 3.5193 each, as in the real files.
const BANDS: [Band; 9] = [
    exactly(0, 240),
    Band { products: 300, rows_min: 1, rows_max: 2 },
    Band { products: 210, rows_min: 3, rows_max: 4 },
    Band { products: 170, rows_min: 5, rows_max: 7 },
    Band { products: 65, rows_min: 8, rows_max: 12 },
    Band { products: 20, rows_min: 13, rows_max: 20 },
    Band { products: 4, rows_min: 21, rows_max: 40 },
    Band { products: 1, rows_min: 41, rows_max: 100 },
    Band { products: 1, rows_min: 101, rows_max: 260 },
];

/// The least questions of product 1, and the least answers of the first of them.
const FIRST_QUESTIONS_MIN: u64 = 8;
const FIRST_ANSWERS_MIN: u64 = 2;

/// Answers of a question: of a thousand questions, so many have from so many answers to so many.
/// 1.956 in the mean, as in the real files.
const ANSWERS_OF_1000: [(u32, u64, u64); 7] =
    [(271, 0, 0), (270, 1, 1), (190, 2, 2), (180, 3, 4), (70, 5, 7), (15, 8, 12), (4, 13, 40)];

/// Questions that somebody reported, of a thousand.
const REPORTED_OF_1000: u32 = 15;

/// Votes, in bands that each go up to the next one's lowest; ties are common as in any shop.
const HELPFUL_OF_1000: [(u32, u64, u64); 4] =
    [(400, 0, 0), (430, 1, 5), (135, 6, 15), (35, 16, 40)];

/// One question.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub topic: &'static Topic,
    /// Milliseconds since 1970.
    pub date_ms: u64,
    pub reported: bool,
    pub helpful: u64,
    pub answers: u64,
}

/// Deals the number of questions.
#[derive(Debug)]
pub struct QuestionCounts(Deal);

impl QuestionCounts {
    pub fn new(seed: u64) -> Self {
        Self(Deal::new(seed, Purpose::QuestionCounts, &BANDS))
    }
}

/// The questions of one product, in the order of their ids.
#[derive(Debug)]
pub struct Questions<'a> {
    product: &'a Product,
    stream: Stream,
    count: u64,
    drawn: u64,
}

impl<'a> Questions<'a> {
    pub fn of(seed: u64, product: &'a Product, counts: &mut QuestionCounts) -> Self {
        let mut stream = Stream::new(seed, u64::from(product.id), Purpose::Question);
        let mut count = counts.0.rows(product.id, &mut stream);
        if product.is_first() {
            count = count.max(FIRST_QUESTIONS_MIN);
        }
        Self { product, stream, count, drawn: 0 }
    }
}

impl Iterator for Questions<'_> {
    type Item = Question;

    fn next(&mut self) -> Option<Question> {
        if self.drawn == self.count {
            return None;
        }
        let is_shown = self.product.is_first() && self.drawn < FIRST_QUESTIONS_MIN;
        self.drawn += 1;
        let stream = &mut self.stream;
        let mut question = Question {
            topic: words::topic(self.product.category, stream),
            date_ms: stream.between(self.product.launched_ms, CLOSED_MS),
            reported: stream.chance(REPORTED_OF_1000),
            helpful: helpful(stream),
            answers: banded(&ANSWERS_OF_1000, stream),
        };
        if is_shown {
            question.reported = false;
            question.answers = question.answers.max(FIRST_ANSWERS_MIN);
        }
        Some(question)
    }
}

/// How many people found a question or an answer helpful.
pub fn helpful(stream: &mut Stream) -> u64 {
    banded(&HELPFUL_OF_1000, stream)
}

/// A number from one of the bands, each of them as likely as its weight of a thousand.
fn banded(bands: &[(u32, u64, u64)], stream: &mut Stream) -> u64 {
    let mut left = stream.between(0, 999);
    for &(weight, lowest, highest) in bands {
        if left < u64::from(weight) {
            return stream.between(lowest, highest);
        }
        left -= u64::from(weight);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::super::deal::round_rows_twice;
    use super::super::popularity::Popularity;
    use super::*;

    fn questions(seed: u64, products: u32) -> Vec<(Product, Vec<Question>)> {
        let (mut popularity, mut counts) = (Popularity::new(seed), QuestionCounts::new(seed));
        (1..=products)
            .map(|id| {
                let product = Product::draw(seed, id, &mut popularity);
                let questions = Questions::of(seed, &product, &mut counts).collect();
                (product, questions)
            })
            .collect()
    }

    #[test]
    fn the_bands_make_the_real_means() {
        assert_eq!(round_rows_twice(&BANDS), 2 * 3_558);
        let mean = |bands: &[(u32, u64, u64)]| {
            assert_eq!(bands.iter().map(|band| band.0).sum::<u32>(), 1_000);
            bands.iter().map(|&(weight, low, high)| u64::from(weight) * (low + high)).sum::<u64>()
        };
        assert_eq!(mean(&ANSWERS_OF_1000), 2 * 1_956);
        assert_eq!(mean(&HELPFUL_OF_1000) / 2_000, 3);
    }

    #[test]
    fn some_products_have_no_questions_and_one_of_a_round_very_many() {
        let all = questions(6, 1_011);
        assert_eq!(all.iter().filter(|(_, questions)| questions.len() > 100).count(), 1);
        let without = all.iter().filter(|(_, questions)| questions.is_empty()).count();
        assert!((238..=241).contains(&without), "{without}");
    }

    #[test]
    fn questions_are_asked_after_the_launch_and_a_few_are_reported() {
        let all = questions(6, 5_000);
        let (mut count, mut reported) = (0, 0);
        for (product, questions) in &all {
            for question in questions {
                assert!((product.launched_ms..=CLOSED_MS).contains(&question.date_ms));
                assert!(question.answers <= 40 && question.helpful <= 40);
                count += 1;
                reported += u64::from(question.reported);
            }
        }
        assert!((10..=20).contains(&(reported * 1_000 / count)), "{reported} of {count}");
    }

    #[test]
    fn the_first_product_has_questions_with_answers() {
        for seed in 0..20 {
            let (_, first) = questions(seed, 1).remove(0);
            let shown = first.iter().filter(|it| it.answers >= 2 && !it.reported).count();
            assert!(shown >= 8, "{shown}");
        }
    }
}
