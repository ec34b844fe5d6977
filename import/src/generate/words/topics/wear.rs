//! Questions about how a product looks, how long it lasts, and what it goes with.

use super::Topic;

pub const COLOUR: Topic = Topic {
    questions: &[
        "Is the colour the same as in the photos?",
        "Is the {colour} rather like {colour two}?",
        "Which colour did you get, and do you like it?",
        "Does the colour fade?",
        "Does the {colour two} go with {colour three}?",
        "Is the {colour three} as bright as it looks on my screen?",
    ],
    good: &[
        "I have the {colour}, and it's exactly as pictured.",
        "Even nicer than in the photos. I'd take the {colour two} again.",
        "The {colour three} is subtle, it goes with nearly everything.",
        "{person} has {colour}, I have {colour two}; both are {good}.",
    ],
    bad: &[
        "{It} {is} a lot darker than in the photos.",
        "The {colour} looks washed out, I'd choose another.",
        "It depends on the light. Indoors it's rather grey.",
        "I'd call it brown, whatever the page says.",
    ],
    seller: &[
        "Screens differ, so we show each colour by daylight in the last picture.",
        "More colours are on their way; sign up and you'll be the first to know.",
    ],
};

pub const DURABILITY: Topic = Topic {
    questions: &[
        "How long {does} {it} last?",
        "{does} {it} hold up with everyday use?",
        "Has anybody had trouble with the {part}?",
        "How {does} {this} look after a few months?",
        "Is the quality worth the price?",
        "Does the {part} feel solid?",
    ],
    good: &[
        "I've used {them} for {time}, and you can't tell.",
        "Everything's still in one piece after {time}.",
        "Mine came with me everywhere, and nothing ever broke.",
        "The {part} is the most solid bit. No complaints here.",
        "I'd pay more for the same, and that says it all.",
    ],
    bad: &[
        "Mine lasted {time}.",
        "The {part} was the first thing to go, and then the rest.",
        "{It} look{s} ten years old after {time}.",
        "You get what you pay for, and I didn't even pay that little.",
    ],
    seller: &[
        "We repair what breaks within two years, free of charge.",
        "With a little care {it} should last for many years.",
        "The {part} was reinforced this season, thanks to your feedback.",
    ],
};

pub const OCCASION: Topic = Topic {
    questions: &[
        "Can I use {them} for {occasion}?",
        "Would this be a good present for {person}?",
        "{is} {it} too formal for {pastime}?",
        "{does} {it} go with everything?",
        "{is} {it} all right for {pastime} as well as for {occasion}?",
    ],
    good: &[
        "I took {them} to {place}, and somebody asked \"{said}\".",
        "{person} uses {them} for everything, day and night.",
        "Goes with anything: jeans, black, even {colour three}.",
        "Absolutely. I've had {them} at {place} and at {destination}.",
        "For {occasion} {it's} {good}, so why not.",
    ],
    bad: &[
        "People stared, and not in a good way.",
        "Maybe for fancy dress.",
        "I've given up on it, {it} clash{es} with everything I own.",
        "Fine at {place}, but nowhere that matters.",
    ],
    seller: &[
        "{It} {is} made for {occasion}, and many customers give {them} away as a present.",
        "See the \"goes well with\" row below for a few ideas.",
    ],
};
