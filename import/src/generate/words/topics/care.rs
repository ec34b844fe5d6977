//! Questions about what a product is made of, and how it gets through washing and weather.

use super::Topic;

pub const MATERIAL: Topic = Topic {
    questions: &[
        "What {is} {this} made of?",
        "Is it really {material}?",
        "What's the {part} made of?",
        "{is} {it} suitable for vegans?",
        "What does the material feel like?",
        "{does} {it} itch?",
        "Is there any plastic in {them}?",
        "Does the material bother sensitive skin?",
    ],
    good: &[
        "Supposedly {material}, and it feels like it too.",
        "The label says {material}, nothing else.",
        "It's {material}, and a good one. No itching, no smell.",
        "I react to nearly everything, and {this} {noun} {is} fine.",
        "Feels natural, soft from the first day.",
        "{It} feel{s} {good}, better than anything else I own.",
    ],
    bad: &[
        "It says {material}, but I think it's synthetic.",
        "Something scratchy. I wouldn't put {them} on bare skin.",
        "There's a chemical smell that hasn't gone after {time}.",
        "Mostly plastic, if you ask me.",
        "The label and the page don't agree, so who knows.",
    ],
    seller: &[
        "It's {material}, from a mill that we've worked with for years.",
        "The {noun} {is} made of {material}; the {part} has a small share of polyester.",
        "No animal was involved unless the page says so.",
    ],
};

pub const WASHING: Topic = Topic {
    questions: &[
        "How do you clean {them}?",
        "Can I put {them} in the washing machine?",
        "Any tips for getting a coffee stain out?",
        "Did the colour run when you cleaned {them}?",
        "{does} {this} {noun} need special care?",
        "What does the care label say?",
    ],
    good: &[
        "I've thrown {them} in the wash by accident and nothing happened.",
        "A damp cloth and a bit of soap, that's all it takes.",
        "Cleaned {them} three times so far: no fading, no trouble.",
        "By hand, in lukewarm water. Took five minutes.",
        "Even red wine came out with cold water and salt.",
    ],
    bad: &[
        "Be careful! Mine got ruined the first time.",
        "The colour bled onto everything else, so keep {them} apart.",
        "I followed the label and {it} still lost {its} shape.",
        "The stain is still there, and so is a pale ring around it.",
    ],
    seller: &[
        "We recommend a soft cloth and lukewarm water, nothing stronger.",
        "Please follow the care label; the machine isn't kind to {material}.",
    ],
};

pub const WEATHER: Topic = Topic {
    questions: &[
        "Can {it} get wet?",
        "{is} {it} all right in heavy rain?",
        "{is} {it} something for hot weather?",
        "Would you take {them} to the beach?",
        "{does} {it} cope with a real winter, say in Québec?",
    ],
    good: &[
        "We had rain, hail and sun in one day, and {it} took it all.",
        "Yes, I've had {them} in every weather since I got {them}.",
        "No problem at all so far, and it rains a lot here.",
        "I took {them} to {destination} in a storm. All good.",
    ],
    bad: &[
        "I'd keep {them} indoors, to be honest.",
        "Rain left marks that don't come off.",
        "Not in my experience, the {part} suffered at once.",
        "Once was enough for me, never again.",
    ],
    seller: &[
        "A shower does no harm. Let {them} dry slowly, away from the heater.",
        "{It} {is} made for all four seasons, within reason.",
    ],
};
