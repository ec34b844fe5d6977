//! What customers ask about: each topic has its questions, and answers to any one of them.
//! An answer is taken without a look at the question's wording, so that each does for them all.

mod care;
mod shopping;
mod size;
mod wear;

use super::Category;
use crate::generate::stream::Stream;

/// One topic.
#[derive(Debug)]
pub struct Topic {
    pub questions: &'static [&'static str],
    /// Answers of contented customers.
    pub good: &'static [&'static str],
    /// Answers of the others.
    pub bad: &'static [&'static str],
    /// Answers of the seller.
    pub seller: &'static [&'static str],
}

/// The topics of any product, each with how often it comes up.
const COMMON: [(&Topic, u32); 8] = [
    (&care::MATERIAL, 18),
    (&care::WASHING, 16),
    (&care::WEATHER, 8),
    (&wear::COLOUR, 12),
    (&wear::DURABILITY, 12),
    (&wear::OCCASION, 10),
    (&shopping::DELIVERY, 14),
    (&shopping::RETURNS, 10),
];

/// Questions of a hundred that are about size, which is what most people want to know.
const SIZE_OF_100: u32 = 28;

/// The topic of one question about a product of `category`.
pub fn topic(category: &Category, stream: &mut Stream) -> &'static Topic {
    if stream.chance(10 * SIZE_OF_100) {
        return if category.sizes.len() > 1 { &size::FIT } else { &size::EXTENT };
    }
    COMMON[stream.weighted(&COMMON.map(|(_, weight)| weight))].0
}

/// Every topic that there is.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = &'static Topic> {
    [&size::FIT, &size::EXTENT].into_iter().chain(COMMON.map(|(topic, _)| topic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_questions_and_answers() {
        let count = |table: fn(&Topic) -> usize| all().map(table).sum::<usize>();
        assert!(count(|topic| topic.questions.len()) >= 50);
        assert!(count(|topic| topic.good.len() + topic.bad.len()) >= 80);
        for topic in all() {
            assert!(topic.questions.len() >= 5 && topic.seller.len() >= 2);
            assert!(topic.good.len() >= 4 && topic.bad.len() >= 3);
            assert!(topic.questions.iter().all(|question| question.ends_with('?')));
        }
    }
}
