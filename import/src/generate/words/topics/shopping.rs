//! Questions about the shop itself: how soon things come, and how they go back.

use super::Topic;

pub const DELIVERY: Topic = Topic {
    questions: &[
        "How long did delivery take?",
        "Will {it} arrive before the weekend?",
        "Do you ship to Canada?",
        "Is delivery reliable?",
        "{does} {it} arrive well packed?",
        "Does anyone know whether they deliver to a café, or a parcel shop?",
    ],
    good: &[
        "Mine came within three days, in a neat box.",
        "Ordered on Monday, wore {them} on Thursday.",
        "They deliver nearly everywhere, and they're quick about it.",
        "Faster than I thought, and there's a link to follow the parcel.",
        "Very well organised, I've never waited more than a week.",
    ],
    bad: &[
        "I waited {time}, and nobody could tell me why.",
        "The box was crushed, and it took two weeks to get here.",
        "Don't count on it. Mine went to the wrong town first.",
        "Good luck with that, I'm still waiting.",
    ],
    seller: &[
        "We send orders within two working days, to most countries.",
        "The link \"where's my parcel\" in our letter always knows more than we do.",
    ],
};

pub const RETURNS: Topic = Topic {
    questions: &[
        "Can I send {them} back if I don't like {them}?",
        "Who pays for the return?",
        "Did anyone exchange {this} for another colour?",
        "Are they difficult about returns?",
        "Can I return {this} {noun} without the box?",
    ],
    good: &[
        "I had no trouble at all, the money was back within days.",
        "They're very relaxed about that, just write to them.",
        "You have 30 days, and they pay for it.",
        "I exchanged mine and they didn't even ask why.",
    ],
    bad: &[
        "In theory. I've been arguing with them for {time}.",
        "They wanted photos of the {part}, a form, and then more photos.",
        "I had to pay for it myself, so think twice.",
        "Only for store credit, which I didn't want.",
    ],
    seller: &[
        "You can return the {noun} within 30 days; a label is in the parcel.",
        "Returns are free, and there's a guarantee of two years besides.",
    ],
};
