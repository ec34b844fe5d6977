//! Writes what people ask and what they are answered, with the habits of people who type on a
//! phone (double spaces, new lines, two question marks or none, capitals, emoji).
//!
//! The sentences themselves lie in `words`.

use super::answer::Voice;
use super::product::Product;
use super::question::Question;
use super::sentence::fill;
use super::stream::Stream;
use super::words::{EMOJI, GREETINGS, LEADS, PARTINGS, REASONS, SHRUGS, Topic};

/// Questions with a greeting, and with a reason; of a thousand.
const GREETING_OF_1000: u32 = 220;
const REASON_OF_1000: u32 = 240;

/// Answers with a lead, with a second sentence, and with parting words; of a thousand.
const LEAD_OF_1000: u32 = 200;
const SECOND_OF_1000: u32 = 300;
const PARTING_OF_1000: u32 = 180;

/// Writes the body of a question.
pub fn question(out: &mut String, product: &Product, question: &Question, stream: &mut Stream) {
    let gap = gap(stream);
    if stream.chance(GREETING_OF_1000) {
        fill(out, stream.pick(GREETINGS), product, stream);
        out.push_str(gap);
    }
    fill(out, stream.pick(question.topic.questions), product, stream);
    match stream.weighted(&[880, 60, 45, 15]) {
        1 => {
            out.pop();
        }
        2 => out.push('?'),
        3 => out.push_str("?!?"),
        _ => {}
    }
    if stream.chance(REASON_OF_1000) {
        out.push_str(gap);
        fill(out, stream.pick(REASONS), product, stream);
    }
    habits(out, stream);
}

/// Writes the body of an answer to a question about `topic`.
pub fn answer(
    out: &mut String,
    product: &Product,
    topic: &Topic,
    voice: Voice,
    stream: &mut Stream,
) {
    let sentences = match voice {
        Voice::Good => topic.good,
        Voice::Bad => topic.bad,
        Voice::Shrug => return fill(out, stream.pick(SHRUGS), product, stream),
        Voice::Seller => return fill(out, stream.pick(topic.seller), product, stream),
    };
    let gap = gap(stream);
    if stream.chance(LEAD_OF_1000) {
        fill(out, stream.pick(LEADS), product, stream);
        out.push_str(gap);
    }
    let place = stream.index(sentences.len());
    fill(out, sentences[place], product, stream);
    if stream.chance(SECOND_OF_1000) {
        out.push_str(gap);
        fill(out, sentences[(place + 1) % sentences.len()], product, stream);
    }
    if stream.chance(PARTING_OF_1000) {
        out.push_str(gap);
        fill(out, stream.pick(PARTINGS), product, stream);
    } else if out.ends_with('.') && stream.chance(150) {
        out.pop();
    }
    habits(out, stream);
}

/// What lies between two sentences; the same in all of a text.
fn gap(stream: &mut Stream) -> &'static str {
    [" ", "  ", "\n", "\n\n"][stream.weighted(&[670, 290, 30, 10])]
}

fn habits(out: &mut String, stream: &mut Stream) {
    match stream.weighted(&[880, 65, 20, 35]) {
        1 => out.make_ascii_lowercase(),
        2 => out.make_ascii_uppercase(),
        3 => {
            out.push(' ');
            out.push_str(stream.pick(EMOJI));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::popularity::Popularity;
    use super::super::question::{QuestionCounts, Questions};
    use super::super::stream::Purpose;
    use super::*;

    /// A question of each that the first 3,000 products have, with an answer in every voice.
    fn texts() -> Vec<[String; 5]> {
        let (mut popularity, mut counts) = (Popularity::new(8), QuestionCounts::new(8));
        let mut texts = Vec::new();
        for id in 1..=3_000 {
            let product = Product::draw(8, id, &mut popularity);
            let mut stream = Stream::new(8, u64::from(id), Purpose::QuestionText);
            for asked in Questions::of(8, &product, &mut counts) {
                let mut body = String::new();
                question(&mut body, &product, &asked, &mut stream);
                let voices = [Voice::Good, Voice::Bad, Voice::Shrug, Voice::Seller];
                let [good, bad, shrug, seller] = voices.map(|voice| {
                    let mut text = String::new();
                    answer(&mut text, &product, asked.topic, voice, &mut stream);
                    text
                });
                texts.push([body, good, bad, shrug, seller]);
            }
        }
        texts
    }

    #[test]
    fn texts_fit_their_columns_and_hardly_any_is_like_another() {
        let texts = texts();
        for text in texts.iter().flatten() {
            assert!((4..=1_000).contains(&text.chars().count()), "{text}");
            assert!(!text.contains(['{', '}']), "{text}");
        }
        let mut bodies: Vec<&String> = texts.iter().map(|texts| &texts[0]).collect();
        bodies.sort_unstable();
        bodies.dedup();
        assert!(bodies.len() * 1_000 / texts.len() >= 450, "{} of {}", bodies.len(), texts.len());
    }

    #[test]
    fn people_type_as_people_do() {
        let texts = texts();
        let share = |wanted: &dyn Fn(&str) -> bool| {
            texts.iter().filter(|texts| wanted(&texts[0]) || wanted(&texts[1])).count() * 1_000
                / texts.len()
        };
        assert!(share(&|text| text.contains("  ")) > 100, "double spaces");
        assert!(share(&|text| text.contains('\n')) > 15, "newlines");
        assert!(share(&|text| text.contains('\'')) > 200, "apostrophes");
        assert!(share(&|text| text.contains(',')) > 200, "commas");
        assert!(share(&|text| text.contains('"')) > 15, "quotes");
        assert!(share(&|text| !text.is_ascii()) > 50, "accents and emoji");
        assert!(share(&|text| text.contains("??")) > 20, "impatience");
    }
}
