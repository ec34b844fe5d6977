//! What is known of an answer before its words are chosen: which question it belongs to, when it
//! was given, by whom, and how many photos it has.
//!
//! As in the real file, answers are not in the order of their questions. Each product's answers
//! are shuffled among its own questions, so that nothing need be kept for longer than a product.

use super::product::{Product, Quality};
use super::question::{Question, helpful};
use super::review::CLOSED_MS;
use super::stream::{Purpose, Stream};

/// Photos that one answer can have.
pub const PHOTOS_MAX: usize = 5;

/// Answers that have 0 to 5 photos, of a thousand: 0.3 photos in the mean.
const PHOTOS_OF_1000: [u32; PHOTOS_MAX + 1] = [843, 82, 35, 20, 12, 8];

/// Answers that somebody reported, of a thousand.
const REPORTED_OF_1000: u32 = 15;

/// Who answers, of a thousand answers: a customer, the seller, somebody who does not know.
const VOICES_OF_1000: [u32; 3] = [880, 60, 60];

/// Most answers come within a week, the others within three months.
const SOON_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
const LATE_MS: u64 = 90 * 24 * 60 * 60 * 1_000;
const LATE_OF_1000: u32 = 250;

/// Of the first product's answers, each third has a photo.
const FIRST_PHOTO_EVERY: usize = 3;

/// In whose words an answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// A contented customer.
    Good,
    /// A customer who is not.
    Bad,
    /// Somebody who does not know, and says so.
    Shrug,
    Seller,
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The number of its question among the product's, from zero.
    pub question: usize,
    /// Milliseconds since 1970; not before the question's.
    pub date_ms: u64,
    pub voice: Voice,
    pub reported: bool,
    pub helpful: u64,
    pub photos: usize,
}

/// The answers of one product, in the order of their ids.
#[derive(Debug)]
pub struct Answers<'a> {
    product: &'a Product,
    stream: Stream,
    questions: &'a [Question],
    /// The question of each answer.
    order: &'a [u16],
    drawn: usize,
}

impl<'a> Answers<'a> {
    /// `order` is room to work in; what it held is gone afterwards.
    pub fn of(
        seed: u64,
        product: &'a Product,
        questions: &'a [Question],
        order: &'a mut Vec<u16>,
    ) -> Self {
        let mut stream = Stream::new(seed, u64::from(product.id), Purpose::Answer);
        order.clear();
        for (number, question) in (0..).zip(questions) {
            order.extend((0..question.answers).map(|_| number));
        }
        stream.shuffle(order);
        Self { product, stream, questions, order, drawn: 0 }
    }
}

impl Iterator for Answers<'_> {
    type Item = Answer;

    fn next(&mut self) -> Option<Answer> {
        let number = usize::from(*self.order.get(self.drawn)?);
        let question = self.questions.get(number)?;
        let has_photo = self.product.is_first() && self.drawn.is_multiple_of(FIRST_PHOTO_EVERY);
        self.drawn += 1;
        let stream = &mut self.stream;
        let within_ms = if stream.chance(LATE_OF_1000) { LATE_MS } else { SOON_MS };
        let date_max = CLOSED_MS.min(question.date_ms + within_ms);
        let photos = stream.weighted(&PHOTOS_OF_1000);
        Some(Answer {
            question: number,
            date_ms: stream.between(question.date_ms, date_max),
            voice: voice(self.product.quality, stream),
            reported: stream.chance(REPORTED_OF_1000) && !has_photo,
            helpful: helpful(stream),
            photos: if has_photo { photos.max(1) } else { photos },
        })
    }
}

/// The better a product is, the more of its customers are contented.
fn voice(quality: Quality, stream: &mut Stream) -> Voice {
    let contented_of_1000 = match quality {
        Quality::Fine => 920,
        Quality::Good => 800,
        Quality::Fair => 550,
        Quality::Poor => 250,
    };
    match stream.weighted(&VOICES_OF_1000) {
        0 if stream.chance(contented_of_1000) => Voice::Good,
        0 => Voice::Bad,
        1 => Voice::Seller,
        _ => Voice::Shrug,
    }
}

#[cfg(test)]
mod tests {
    use super::super::popularity::Popularity;
    use super::super::question::{QuestionCounts, Questions};
    use super::*;

    /// The questions and the answers of each product.
    fn talks(seed: u64, products: u32) -> Vec<(Vec<Question>, Vec<Answer>)> {
        let (mut popularity, mut counts) = (Popularity::new(seed), QuestionCounts::new(seed));
        let mut order = Vec::new();
        (1..=products)
            .map(|id| {
                let product = Product::draw(seed, id, &mut popularity);
                let questions: Vec<_> = Questions::of(seed, &product, &mut counts).collect();
                let answers = Answers::of(seed, &product, &questions, &mut order).collect();
                (questions, answers)
            })
            .collect()
    }

    #[test]
    fn every_question_gets_its_answers_and_none_comes_before_it() {
        for (questions, answers) in talks(2, 2_000) {
            let mut counts = vec![0; questions.len()];
            for answer in &answers {
                counts[answer.question] += 1;
                let asked_ms = questions[answer.question].date_ms;
                assert!((asked_ms..=CLOSED_MS).contains(&answer.date_ms));
            }
            let wanted: Vec<u64> = questions.iter().map(|question| question.answers).collect();
            assert_eq!(counts, wanted);
        }
    }

    #[test]
    fn answers_are_not_in_the_order_of_their_questions() {
        let sorted = |answers: &[Answer]| answers.is_sorted_by_key(|answer| answer.question);
        let answered = |talk: &[Question]| talk.iter().filter(|it| it.answers > 0).count();
        let long: Vec<_> = talks(2, 1_000)
            .into_iter()
            .filter(|(questions, answers)| answered(questions) > 4 && answers.len() > 10)
            .collect();
        assert!(long.len() > 50 && !long.iter().any(|(_, answers)| sorted(answers)));
    }

    #[test]
    fn photos_and_voices_are_as_frequent_as_meant() {
        assert_eq!(PHOTOS_OF_1000.iter().sum::<u32>(), 1_000);
        let all: Vec<Answer> = talks(2, 4_000).into_iter().flat_map(|talk| talk.1).collect();
        let share = |wanted: &dyn Fn(&&Answer) -> bool| {
            all.iter().filter(wanted).count() * 1_000 / all.len()
        };
        assert!((50..=70).contains(&share(&|answer| answer.voice == Voice::Seller)));
        let bad = share(&|answer| answer.voice == Voice::Bad);
        assert!(bad > 100 && bad < share(&|answer| answer.voice == Voice::Good));
        assert!((10..=20).contains(&share(&|answer| answer.reported)));
        let photos: usize = all.iter().map(|answer| answer.photos).sum();
        assert!((290..=310).contains(&(photos * 1_000 / all.len())), "{photos}");
    }
}
