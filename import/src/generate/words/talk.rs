//! What people put around a question or an answer, whatever it is about.

pub const GREETINGS: &[&str] = &[
    "Hi!",
    "Hello,",
    "Hey there,",
    "Quick question:",
    "Hi all.",
    "Sorry if this was asked before.",
    "Dear all,",
    "Question for those who have {them}:",
    "I'm thinking of buying {this} {noun}.",
    "I love the look.",
    "Been eyeing {this} for {time}.",
];

pub const REASONS: &[&str] = &[
    "Thanks!",
    "Thank you in advance.",
    "I need {them} for {occasion}.",
    "It'd be a present for {person}.",
    "The description doesn't say.",
    "I couldn't find it on the page, or I'm blind.",
    "My last {noun} let me down.",
    "I'm not in a hurry, just curious.",
    "Greetings from a rainy Zürich.",
    "The photos don't really show it.",
    "I've read \"all\" the reviews and still can't tell.",
];

pub const LEADS: &[&str] = &[
    "In my experience:",
    "Good question.",
    "I asked myself the same.",
    "I can only speak for myself, of course.",
    "I've had {them} for {time}.",
    "I bought {a} {noun} in {colour}.",
    "As far as I can tell...",
    "Speaking from experience:",
];

pub const PARTINGS: &[&str] = &[
    "Hope that helps!",
    "Hope this helps, and good luck.",
    "That said, {person} might disagree.",
    "But don't take my word for it.",
    "Just my opinion, though.",
    "The reviews say much the same.",
    "I'd ask the seller to be sure.",
    "Let us know what you decide!",
    "Voilà.",
];

/// Answers to anything, from people who had better not answered.
pub const SHRUGS: &[&str] = &[
    "No idea, sorry.",
    "I don't know, it was a gift.",
    "Why do you ask?",
    "Haven't opened the box yet.",
    "Wondering the same thing!",
    "Sorry, I clicked on the wrong product.",
    "Ask {person}.",
    "Probably not",
    "Probably",
    "I sent mine back, so I can't say.",
    "It's on the page, I think.",
];

pub const EMOJI: &[&str] = &["🙂", "🤔", "🙏", "😅", "👍", "🤷"];
