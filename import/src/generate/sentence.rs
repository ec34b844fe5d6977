//! Fills the slots of a template with the words of a product: "{This} {noun} {is} {good}."
//!
//! Nouns come alone or in pairs, so the small words that agree with them are slots as well.
//! Which template is taken is decided elsewhere.

use super::product::Product;
use super::stream::Stream;
use super::words;

/// Appends `template` with its slots filled.
pub fn fill(out: &mut String, template: &str, product: &Product, stream: &mut Stream) {
    let start = out.len();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((slot, after)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(word(slot, product, stream).unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    // A slot's word is lower case, also where it begins a sentence.
    if template.starts_with('{')
        && let Some(first) = out.get_mut(start..=start)
    {
        first.make_ascii_uppercase();
    }
}

/// What goes into a slot; `None` for one that there is not, which no template has.
fn word<'a>(slot: &str, product: &'a Product, stream: &mut Stream) -> Option<&'a str> {
    if let Some(word) = agreeing(slot, product.noun.plural) {
        return Some(word);
    }
    Some(match slot {
        "noun" => product.noun.word,
        "a" => product.noun.article,
        "material" => product.material,
        "colour" => product.colours[0],
        "colour two" => product.colours[1],
        "colour three" => product.colours[2],
        "name" => product.name.as_str(),
        "part" => stream.pick(product.category.parts),
        "good" => stream.pick(words::GOOD),
        "bad" => stream.pick(words::BAD),
        "time" => stream.pick(words::TIMES),
        "person" => stream.pick(words::PERSONS),
        "occasion" => stream.pick(words::OCCASIONS),
        "pastime" => stream.pick(words::PASTIMES),
        "place" => stream.pick(words::PLACES),
        "destination" => stream.pick(words::DESTINATIONS),
        "said" => stream.pick(words::COMPLIMENTS),
        _ => return None,
    })
}

/// The words that agree with the noun's number.
fn agreeing(slot: &str, plural: bool) -> Option<&'static str> {
    let (one, many) = match slot {
        "it" => ("it", "they"),
        "It" => ("It", "They"),
        "them" => ("it", "them"),
        "this" => ("this", "these"),
        "This" => ("This", "These"),
        "is" => ("is", "are"),
        "isn't" => ("isn't", "aren't"),
        "was" => ("was", "were"),
        "has" => ("has", "have"),
        "does" => ("does", "do"),
        "doesn't" => ("doesn't", "don't"),
        "s" => ("s", ""),
        "es" => ("es", ""),
        "its" => ("its", "their"),
        "it's" => ("it's", "they're"),
        "It's" => ("It's", "They're"),
        "another" => ("another one", "another pair"),
        "one" => ("one", "pair"),
        _ => return None,
    };
    Some(if plural { many } else { one })
}

#[cfg(test)]
mod tests {
    use super::super::popularity::Popularity;
    use super::super::stream::Purpose;
    use super::*;

    #[test]
    fn every_slot_of_every_template_is_known() {
        let product = Product::draw(1, 2, &mut Popularity::new(1));
        let mut stream = Stream::new(1, 2, Purpose::ReviewText);
        let mut count = 0;
        for template in words::templates() {
            let mut rest = template;
            while let Some((_, after)) = rest.split_once('{') {
                let (slot, after) = after.split_once('}').unwrap();
                assert!(word(slot, &product, &mut stream).is_some(), "{slot} in {template}");
                rest = after;
                count += 1;
            }
            assert!(!rest.contains('}'), "{template}");
        }
        assert!(count > 400, "{count} slots");
    }

    #[test]
    fn small_words_agree_with_the_noun() {
        let mut product = Product::draw(1, 1, &mut Popularity::new(1));
        let mut stream = Stream::new(1, 1, Purpose::ReviewText);
        let template = "{This} {noun} {is} fine, {it} fit{s}: {a} {noun}.";
        let mut text = String::new();
        fill(&mut text, template, &product, &mut stream);
        product.noun = words::pair("boots");
        fill(&mut text, template, &product, &mut stream);
        let one = "This onesie is fine, it fits: a onesie.";
        assert_eq!(text, format!("{one}These boots are fine, they fit: a pair of boots."));
    }
}
