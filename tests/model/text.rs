//! Random texts that are hard on CSV, JSON and SQL, and the forms that values have in files.

use fastrand::Rng;

const PIECES: [&str; 34] = [
    "a",
    "word",
    " ",
    "  ",
    "\"",
    "\"\"",
    ",",
    "\",\"",
    "\n",
    "\r\n",
    "\r",
    "\\",
    "\\n",
    "\\\"",
    "\t",
    "\u{1}",
    "\u{8}",
    "\u{c}",
    "\u{1f}",
    "\u{7f}",
    "\0",
    "</script>",
    "<!--",
    "'",
    "';--",
    "é",
    "ß",
    "日本",
    "😀",
    "👩‍👩‍👧",
    "\u{2028}",
    "\u{feff}",
    "null",
    "$1",
];

/// A text of a few pieces, often none, and rarely a long one, which databases put elsewhere.
pub fn any(random: &mut Rng) -> String {
    if random.u8(..=255) == 0 {
        let length = random.usize(..9_000);
        return (0..length).map(|_| random.alphanumeric()).collect();
    }
    let length = random.usize(..6);
    (0..length).map(|_| PIECES[random.usize(..PIECES.len())]).collect()
}

/// A text that is more than nothing.
pub fn some(random: &mut Rng) -> String {
    format!("{}{}", any(random), ["x", "\"", "é", "null"][random.usize(..4)])
}

/// A text that says something or is not there.
pub fn optional(random: &mut Rng) -> Option<String> {
    random.bool().then(|| some(random))
}

/// A field of a text.
pub fn field(random: &mut Rng, text: &str) -> String {
    let plain = |character: char| character.is_alphabetic() || character == ' ';
    let is_plain = text.trim() == text && text.chars().all(plain);
    match text {
        "" => random.choice(["", "\"\"", "null"]).unwrap().to_owned(),
        "null" => "\"null\"".to_owned(),
        _ if is_plain && random.bool() => text.to_owned(),
        _ => quoted(text),
    }
}

pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A field of a text that may be absent.
pub fn optional_field(random: &mut Rng, text: Option<&String>) -> String {
    match text {
        Some(text) => field(random, text),
        None => random.choice(["null", "", "\"\""]).unwrap().to_owned(),
    }
}

pub fn boolean(random: &mut Rng, value: bool) -> String {
    let forms = if value { ["1", "true", "t", "\"true\""] } else { ["0", "false", "f", "\"f\""] };
    forms[random.usize(..4)].to_owned()
}

pub fn number(random: &mut Rng, value: i64) -> String {
    if random.u8(..8) == 0 { format!("\"{value}\"") } else { value.to_string() }
}

/// A price with as many decimals as it needs, or more.
pub fn price(random: &mut Rng, cents: Option<i64>) -> String {
    let Some(cents) = cents else { return random.choice(["null", ""]).unwrap().to_owned() };
    let (whole, part) = (cents / 100, cents % 100);
    match part {
        0 if random.bool() => whole.to_string(),
        _ if part % 10 == 0 && random.bool() => format!("\"{whole}.{}\"", part / 10),
        _ => format!("{whole}.{part:02}"),
    }
}

/// Epoch milliseconds, the day, or all of the date.
pub fn date(random: &mut Rng, milliseconds: i64) -> String {
    let day = super::dates::day(milliseconds);
    match (day, random.u8(..4)) {
        (Some(day), 0 | 1) => field(random, &day),
        (_, 2) => quoted(&super::dates::text(milliseconds)),
        _ => number(random, milliseconds),
    }
}
