//! The words that slots take, whatever the product.
//! Those that depend on the product (its parts, its colours) come from the product itself.

pub const COLOURS: &[&str] = &[
    "navy",
    "charcoal",
    "olive",
    "sand",
    "burgundy",
    "forest green",
    "rust",
    "ivory",
    "black",
    "slate",
    "mustard",
    "teal",
    "coral",
    "off-white",
    "cobalt",
    "chestnut",
    "rosé",
    "sky blue",
];

pub const GOOD: &[&str] = &[
    "lovely",
    "brilliant",
    "great",
    "superb",
    "wonderful",
    "excellent",
    "really nice",
    "fantastic",
    "gorgeous",
    "spot on",
    "first class",
    "a delight",
    "worth every penny",
];

pub const BAD: &[&str] = &[
    "disappointing",
    "poor",
    "a let-down",
    "badly made",
    "not worth the money",
    "a waste",
    "shoddy",
    "not what I ordered",
    "below par",
    "cheap-looking",
    "a mistake",
];

pub const TIMES: &[&str] = &[
    "a week",
    "ten days",
    "two weeks",
    "three weeks",
    "a month",
    "six weeks",
    "two months",
    "three months",
    "half a year",
    "a whole summer",
    "one winter",
    "almost a year",
];

pub const PERSONS: &[&str] = &[
    "my sister",
    "my brother",
    "my husband",
    "my wife",
    "my girlfriend",
    "my boyfriend",
    "my fiancé",
    "my fiancée",
    "my mum",
    "my dad",
    "my daughter",
    "my son",
    "my best friend",
    "my flatmate",
    "my neighbour",
    "my cousin Zoë",
    "my boss",
    "my grandmother",
];

pub const OCCASIONS: &[&str] = &[
    "a wedding",
    "the office",
    "everyday wear",
    "a birthday",
    "date night",
    "a job interview",
    "dinner with friends",
    "a festival",
    "the school run",
];

/// Other occasions, for sentences that speak of two.
pub const PASTIMES: &[&str] = &[
    "the weekend",
    "travelling",
    "walking the dog",
    "the commute",
    "the holidays",
    "lazy Sundays",
    "long days on my feet",
    "the cold months",
    "running errands",
];

pub const PLACES: &[&str] = &[
    "work",
    "the café",
    "the market",
    "a party",
    "the theatre",
    "church",
    "the library",
    "the office",
    "a wedding",
];

/// Other places, for sentences that speak of two.
pub const DESTINATIONS: &[&str] = &[
    "the gym",
    "the airport",
    "the park",
    "the train station",
    "the beach",
    "the supermarket",
    "my parents' house",
    "a concert",
];

pub const COMPLIMENTS: &[&str] = &[
    "where did you get that?",
    "wow, new?",
    "very you",
    "finally something that suits you",
    "can I borrow that?",
    "that must have cost a fortune",
    "I want the same",
    "looking sharp",
];
