//! Names and addresses of customers. Addresses are at the domains that RFC 2606 keeps free for
//! examples, so that no mail can ever reach anybody.

use super::digits::push_number;
use super::stream::Stream;

const GIVEN: &[&str] = &[
    "ada",
    "aiko",
    "alejandra",
    "amara",
    "anders",
    "anita",
    "bao",
    "beatriz",
    "ben",
    "carmen",
    "chidi",
    "clara",
    "dana",
    "deniz",
    "diego",
    "elena",
    "emil",
    "esther",
    "farah",
    "felix",
    "fiona",
    "gita",
    "greta",
    "hana",
    "hugo",
    "imani",
    "ines",
    "ivan",
    "jamal",
    "jasper",
    "joon",
    "jude",
    "kaito",
    "karin",
    "kofi",
    "lars",
    "leila",
    "lena",
    "luca",
    "mai",
    "malik",
    "mara",
    "mateo",
    "maya",
    "mina",
    "nadia",
    "nils",
    "nora",
    "olga",
    "omar",
    "oscar",
    "paola",
    "pavel",
    "petra",
    "priya",
    "quinn",
    "rafael",
    "rania",
    "ravi",
    "rosa",
    "ruth",
    "sakura",
    "samir",
    "selma",
    "simone",
    "sofia",
    "tariq",
    "teresa",
    "theo",
    "tomas",
    "uma",
    "vera",
    "viktor",
    "wanda",
    "wei",
    "xenia",
    "yara",
    "yusuf",
    "zainab",
    "zeno",
];

const FAMILY: &[&str] = &[
    "abara",
    "adler",
    "almeida",
    "andersson",
    "bakker",
    "banerjee",
    "becker",
    "bianchi",
    "castro",
    "chen",
    "costa",
    "diaz",
    "dubois",
    "eriksen",
    "farouk",
    "fischer",
    "garcia",
    "gomez",
    "haddad",
    "hansen",
    "horvat",
    "ibrahim",
    "ito",
    "jansen",
    "johnson",
    "kaur",
    "keller",
    "khan",
    "kim",
    "kowalski",
    "kumar",
    "larsen",
    "lindqvist",
    "lopez",
    "marino",
    "mbeki",
    "meyer",
    "moreau",
    "nakamura",
    "navarro",
    "nguyen",
    "novak",
    "okafor",
    "olsen",
    "park",
    "patel",
    "pereira",
    "petrov",
    "quiroga",
    "rahman",
    "reyes",
    "rossi",
    "sato",
    "schmidt",
    "silva",
    "singh",
    "smith",
    "suzuki",
    "tanaka",
    "torres",
    "usman",
    "varga",
    "vega",
    "walker",
    "weber",
    "wong",
    "yamada",
    "yilmaz",
    "zhang",
    "zimmer",
];

const MOODS: &[&str] = &[
    "quiet", "sunny", "lucky", "sleepy", "brave", "fuzzy", "happy", "city", "mountain", "salty",
    "wild", "tiny", "mellow", "cosmic", "rusty", "velvet", "daily", "northern", "gentle",
    "electric", "weekend", "midnight", "honest", "picky", "thrifty", "tall", "short", "frugal",
    "curious",
];

const CREATURES: &[&str] = &[
    "otter", "fox", "heron", "walker", "runner", "shopper", "cat", "badger", "sailor", "reader",
    "gardener", "panda", "finch", "cyclist", "baker", "moth", "drummer", "hiker", "dancer",
    "robin", "skater", "dad", "mum", "nurse", "student", "teacher", "pilot", "llama", "wolf",
    "bookworm",
];

const ACCENTED: &[&str] =
    &["zoë", "josé_m", "chloé", "søren", "jürgen88", "françois", "añejo", "björk_fan"];

const DOMAINS: &[&str] = &[
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "post.example.org",
    "inbox.example.net",
];

/// Writes the name that a customer goes by: "quietotter42", "mara_k", "jude".
pub fn nickname(out: &mut String, stream: &mut Stream) {
    match stream.weighted(&[45, 20, 15, 18, 2]) {
        0 => {
            out.push_str(stream.pick(MOODS));
            out.push_str(stream.pick(CREATURES));
        }
        1 => out.push_str(stream.pick(GIVEN)),
        2 => {
            out.push_str(stream.pick(GIVEN));
            out.push('_');
            out.push_str(&stream.pick(FAMILY)[..1]);
        }
        3 => {
            out.push_str(stream.pick(GIVEN));
            out.push_str(stream.pick(CREATURES));
        }
        _ => {
            out.push_str(stream.pick(ACCENTED));
            return;
        }
    }
    number(out, 350, stream);
}

/// Writes an address: "priya.novak12@example.org".
pub fn email(out: &mut String, stream: &mut Stream) {
    out.push_str(stream.pick(GIVEN));
    out.push_str([".", "_", "-", ""][stream.weighted(&[80, 8, 4, 8])]);
    out.push_str(stream.pick(FAMILY));
    number(out, 250, stream);
    out.push('@');
    out.push_str(stream.pick(DOMAINS));
}

fn number(out: &mut String, in_thousand: u32, stream: &mut Stream) {
    if stream.chance(in_thousand) {
        push_number(out, stream.between(1, 99));
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::Purpose;
    use super::*;

    #[test]
    fn addresses_have_one_at_sign_and_an_example_domain() {
        let mut stream = Stream::new(1, 1, Purpose::ReviewText);
        for _ in 0..1_000 {
            let mut address = String::new();
            email(&mut address, &mut stream);
            let (local, domain) = address.split_once('@').unwrap();
            assert!(local.len() >= 5 && !domain.contains('@') && address.len() <= 60);
            assert!(["com", "org", "net"].iter().any(|end| {
                domain == format!("example.{end}") || domain.ends_with(&format!(".example.{end}"))
            }));
        }
    }

    #[test]
    fn nicknames_vary_and_fit_their_column() {
        let mut stream = Stream::new(1, 1, Purpose::ReviewText);
        let mut names = std::collections::HashSet::new();
        for _ in 0..1_000 {
            let mut name = String::new();
            nickname(&mut name, &mut stream);
            assert!(!name.is_empty() && name.len() <= 60);
            names.insert(name);
        }
        assert!(names.len() > 700, "{}", names.len());
    }
}
