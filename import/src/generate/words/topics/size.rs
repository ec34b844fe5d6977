//! Questions about size: of things that come in sizes, and of those that do not.

use super::Topic;

pub const FIT: Topic = Topic {
    questions: &[
        "{does} {this} run small?",
        "{is} {it} true to size?",
        "Which size should I take if I'm between two?",
        "I'm 5'4\" and usually a small. Would a small fit?",
        "How {does} {it} fit?",
        "Would {it} fit a very tall, very thin person?",
        "Should I size up in the {name}?",
        "{is} {this} {noun} sized like everything else in this shop?",
    ],
    good: &[
        "True to size, for me at least.",
        "I ordered my usual size and {it} fit{s} like a glove.",
        "I'm 5'10\" and broad, and my usual size is perfect.",
        "Take your usual size, {it} give{s} a little after {time}.",
        "The size chart is accurate, measure yourself and trust it.",
        "{person} and I have very different builds, and the usual size fits us both.",
    ],
    bad: &[
        "{It} run{s} small, take one size up.",
        "The sizes are all over the place, order two and send one back.",
        "Much too tight for me in my usual size.",
        "The size chart is wrong, at least it was for me.",
        "{It} came out a full size larger than I expected.",
    ],
    seller: &[
        "{This} {noun} {is} cut true to size. Between two sizes we'd take the larger one.",
        "Please see the size chart below the pictures; exchanges are free within 30 days.",
        "Our model is 6'1\" and wears a medium, or a 9 in shoes.",
    ],
};

pub const EXTENT: Topic = Topic {
    questions: &[
        "How big {is} {it}?",
        "{is} {it} smaller than {it} look{s} in the photos?",
        "What are the measurements, in inches?",
        "{is} {it} too large for a child of ten?",
        "Would {this} {noun} suit someone small?",
        "How much {does} {it} weigh?",
    ],
    good: &[
        "Just right, neither too big nor too small.",
        "About what you'd expect from the photos.",
        "I'm small, {person} is tall, and {it} suit{s} both of us.",
        "The measurements on the page are correct, I checked with a ruler.",
        "Light enough that I forget about {them}.",
    ],
    bad: &[
        "Smaller than I thought, about 2\" less than the page says.",
        "{It} look{s} tiny on me, sorry.",
        "Bigger and heavier than in the photos.",
        "I wouldn't trust the measurements on the page.",
    ],
    seller: &[
        "The measurements are in the last picture. If in doubt, write to us.",
        "{It} come{s} in one size, which suits most people.",
    ],
};
