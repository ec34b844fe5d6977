//! Things to put on, to carry and to show. Some shelves mix single things with pairs; their
//! sentences take the small words from slots. What suits any product lies in `good` and its kin.

use super::{CARRIED, Category, PLAIN, a, an, features, pair, sizes};

pub const HATS: Category = Category {
    name: "Hats",
    weight: 300,
    characteristics: CARRIED,
    price: (15, 110),
    sizes: sizes::LETTERS,
    features: features::CARRIED,
    nouns: &[
        a("beanie"),
        a("cap"),
        a("bucket hat"),
        a("fedora"),
        a("straw hat"),
        a("beret"),
        a("sun hat"),
        a("flat cap"),
    ],
    materials: &["wool", "felt", "cotton twill", "raffia", "corduroy", "tweed", "fleece"],
    parts: &["brim", "band", "lining", "crown", "strap", "stitching", "label"],
    pitches: &[
        "Folds flat, springs back, forgives being sat on.",
        "The brim is wide enough for the sun and narrow enough for the bus.",
        "One size with a hidden strap, from 54 to 61 cm.",
        "Stays on in the wind, and on bicycles.",
    ],
    praise: &[
        "It stays on, even on the bike.",
        "It fits my big head, which hardly any do.",
        "It doesn't flatten my hair.",
        "The brim keeps the sun out of my eyes.",
        "I packed it in a suitcase and it came out fine.",
        "It's warm without making my forehead itch.",
    ],
    gripes: &[
        "It's far too small for a grown-up head.",
        "The brim droops like a wet leaf.",
        "It flew off at the first breeze.",
        "It itches on the forehead.",
        "It arrived squashed and stayed that way.",
        "The colour ran in the rain, down my face.",
    ],
};

pub const BELTS: Category = Category {
    name: "Belts",
    weight: 200,
    characteristics: CARRIED,
    price: (18, 95),
    sizes: sizes::LETTERS,
    features: features::CARRIED,
    nouns: &[
        a("belt"),
        a("braided belt"),
        a("webbing belt"),
        a("studded belt"),
        a("waist belt"),
        a("reversible belt"),
    ],
    materials: &["leather", "suede", "canvas", "vegan leather", "elastic webbing", "calfskin"],
    parts: &["buckle", "last hole", "edge", "loop", "stitching", "tip", "strap"],
    pitches: &[
        "Cut from one piece, with a buckle of solid brass.",
        "1.5\" wide, so it fits the loops of jeans and trousers.",
        "Seven holes, because people change.",
        "The edges are painted by hand, four coats each.",
    ],
    praise: &[
        "The buckle is solid and doesn't come loose.",
        "It's exactly as wide as my loops.",
        "The holes are where I need them.",
        "It's stiff enough to hold and soft enough to sit in.",
        "It looks as good with jeans as with a suit.",
        "I expected scratches on the buckle, but there are none.",
    ],
    gripes: &[
        "The buckle came off in my hand.",
        "It's too wide for any loop I own.",
        "There aren't enough holes, I had to make my own.",
        "It split into two layers along the edge.",
        "The colour rubbed off on my shirt.",
        "It was two sizes shorter than ordered.",
    ],
};

pub const BAGS: Category = Category {
    name: "Bags",
    weight: 200,
    characteristics: CARRIED,
    price: (25, 260),
    sizes: sizes::ONE,
    features: features::CARRIED,
    nouns: &[
        a("backpack"),
        a("tote"),
        a("messenger bag"),
        a("weekender"),
        a("crossbody bag"),
        a("bum bag"),
        a("satchel"),
        an("overnight bag"),
    ],
    materials: &["canvas", "leather", "recycled nylon", "waxed cotton", "cork", "felt"],
    parts: &["zip", "shoulder strap", "clasp", "inside pocket", "handle", "base", "lining"],
    pitches: &[
        "Holds a 15\" laptop, a lunch and a good book.",
        "Straps that don't dig in, a base that stands up by itself.",
        "A pocket for keys, so that you find them at the door.",
        "Small enough for under the seat, large enough for three days.",
    ],
    praise: &[
        "My 15\" laptop fits with room to spare.",
        "The straps don't cut in, even when it's full.",
        "There's a pocket for everything.",
        "It stands up by itself, which I love.",
        "It went under the seat of every plane so far.",
        "It survived a rainstorm, and so did my books.",
    ],
    gripes: &[
        "The strap tore off with nothing but a book inside.",
        "The zip jams at the corner every single time.",
        "It's much smaller than it looks in the photos.",
        "The strap digs into my shoulder.",
        "It falls over as soon as you let go.",
        "Everything inside was wet after a drizzle.",
    ],
};

const ACCESSORY_PITCHES: &[&str] = &[
    "Small enough to give away, good enough to keep.",
    "Comes in a box that's half the present.",
    "The finishing touch, with the emphasis on finish.",
    "{It} go{es} with everything and stand{s} out anyway.",
];

const ACCESSORY_PRAISE: &[&str] = &[
    "{It} make{s} a lovely little present.",
    "The details are finished with great care.",
    "{It's} a small thing that makes me smile every day.",
    "I've dropped {them} a dozen times, and nothing shows.",
    "The packaging alone was worth it.",
    "{It} {is} just the right size.",
];

const ACCESSORY_GRIPES: &[&str] = &[
    "I lost {them} within the week, {it} just slipped away.",
    "The colour faded within days.",
    "{It} look{s} like something from a cracker.",
    "{It} {was} dirty when I opened the parcel.",
    "{It's} tiny, about half of what the photo suggests.",
    "One side was longer than the other.",
];

/// The hard half of the accessories.
pub const TRINKETS: Category = Category {
    name: "Accessories",
    weight: 560,
    characteristics: PLAIN,
    price: (9, 140),
    sizes: sizes::ONE,
    features: features::SMALL,
    nouns: &[
        pair("sunglasses"),
        pair("glasses"),
        an("umbrella"),
        a("wallet"),
        a("phone case"),
        a("keyring"),
        a("card holder"),
        a("hand mirror"),
    ],
    materials: &["bamboo", "acetate", "titanium", "leather", "carbon fibre", "walnut", "cork"],
    parts: &["edge", "finish", "hinge", "corner", "surface", "coating", "case"],
    pitches: ACCESSORY_PITCHES,
    praise: ACCESSORY_PRAISE,
    gripes: ACCESSORY_GRIPES,
};

/// The soft half of the accessories.
pub const SOFT_ACCESSORIES: Category = Category {
    name: "Accessories",
    weight: 414,
    characteristics: PLAIN,
    price: (9, 95),
    sizes: sizes::ONE,
    features: features::SMALL,
    nouns: &[
        a("scarf"),
        pair("gloves"),
        pair("socks"),
        a("bow tie"),
        a("bandana"),
        pair("mittens"),
        a("shawl"),
        pair("tights"),
    ],
    materials: &["silk", "merino", "organic cotton", "cashmere", "linen", "recycled wool"],
    parts: &["seam", "edge", "label", "hem", "pattern", "stitching", "print"],
    pitches: ACCESSORY_PITCHES,
    praise: ACCESSORY_PRAISE,
    gripes: ACCESSORY_GRIPES,
};

pub const JEWELRY: Category = Category {
    name: "Jewelry",
    weight: 700,
    characteristics: PLAIN,
    price: (12, 480),
    sizes: sizes::ONE,
    features: features::JEWELRY,
    nouns: &[
        a("necklace"),
        a("bracelet"),
        a("signet ring"),
        pair("earrings"),
        pair("hoops"),
        a("brooch"),
        a("pendant"),
        an("anklet"),
        pair("cufflinks"),
    ],
    materials: &["sterling silver", "brass", "rose gold", "pearl", "enamel", "steel", "jade"],
    parts: &["clasp", "chain", "setting", "finish", "stone", "hook", "engraving"],
    pitches: &[
        "Free of nickel, full of character.",
        "Comes with a 16\" chain where there is a chain, and in a box where there is none.",
        "Cast from a wax that was carved by hand.",
        "{It} tarnish{es} a little and polish{es} up in a minute.",
    ],
    praise: &[
        "{It} catch{es} the light beautifully.",
        "No green skin, no itching, and I react to almost everything.",
        "The clasp closes with one hand.",
        "{It} look{s} far more expensive than {it} {was}.",
        "I never take {them} off, not even in the shower.",
        "{It's} delicate, but {it} {doesn't} feel fragile.",
    ],
    gripes: &[
        "{It} turned my skin green within a day.",
        "The clasp opens by itself, I nearly lost {them}.",
        "The stone fell out in the first week.",
        "{It} tarnished before I could wear {them}.",
        "{It's} so light that {it} feel{s} like a toy.",
        "The chain broke at the first tug.",
    ],
};

pub const WATCHES: Category = Category {
    name: "Watches",
    weight: 500,
    characteristics: PLAIN,
    price: (40, 690),
    sizes: sizes::ONE,
    features: features::WATCHES,
    nouns: &[
        a("watch"),
        a("diver's watch"),
        a("pocket watch"),
        a("field watch"),
        a("wristwatch"),
        a("chronograph"),
    ],
    materials: &["steel", "titanium", "bronze", "ceramic", "rose gold", "sapphire"],
    parts: &["strap", "crown", "dial", "glass", "second hand", "clasp", "date window"],
    pitches: &[
        "Water-resistant to 50 m, rain-resistant to any depth.",
        "Three hands, no notifications.",
        "The strap changes without tools, in half a minute.",
        "A 38 mm case that suits most wrists.",
    ],
    praise: &[
        "It's been accurate to the second so far.",
        "Easy to read, even without my glasses.",
        "The strap was comfortable from day one.",
        "It survived the pool without a drop inside.",
        "It's just the right size for my small wrist.",
        "I've stopped looking at my phone for the time.",
    ],
    gripes: &[
        "It loses ten minutes a day.",
        "It stopped for good in the second week.",
        "There was mist under the glass after I washed my hands.",
        "The strap gave me a rash.",
        "It ticks so loudly that it sleeps in the kitchen now.",
        "The glass scratched on my sleeve. My sleeve!",
    ],
};
