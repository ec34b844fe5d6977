//! What customers tell of their lives, in any mood and of any product.
//! No sentence here praises or blames: it may stand beside either.

pub const SCENES: &[&str] = &[
    "I bought {this} for {occasion}.",
    "I mostly use {them} for {occasion}.",
    "{person} picked the colour, and I went with {colour}.",
    "I ordered {a} {noun} in {colour}, for {occasion}.",
    "I've had {them} for {time} now.",
    "I read the other reviews first, which helped.",
    "For reference: I'm 5'9\", and {it} look{s} smaller on me than in the photos.",
    "It took ten days to arrive, but that was the holidays.",
    "It arrived two days after I ordered, in a plain box.",
    "I was looking for {a} {noun} for {occasion}, and the price was right.",
    "My last {noun} came from a shop that's since closed.",
    "I saw the {name} at {place} first and then looked for {them} here.",
    "This was a gift for {person}.",
    "{person} has the same {one} in {colour three}.",
    "I'm not someone who usually writes reviews, so there's that.",
    "{It} {has} been to {place} and to {destination} with me.",
    "Bought with a discount, so I paid a bit less than it says here.",
    "I waited {time} before writing this, to be fair to the {noun}.",
    "I couldn't decide between the {colour} and the {colour three}.",
    "We took {them} to São Paulo and back, hand luggage only.",
    "At {place} someone said \"{said}\", which made me laugh.",
    "Note: the {part} is a different shade than in the photos.",
    "I had {a} {noun} like {this} as a student, years ago.",
    "I did compare {them} with three others, and {this} had the best photos.",
];
