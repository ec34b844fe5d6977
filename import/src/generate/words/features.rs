//! What a product's features say, for each kind of product: names of at most 24 bytes, values of
//! at most 30. A feature without values is one that a product just has; its value is null.

/// One feature and what it can be.
#[derive(Debug)]
pub struct Feature {
    pub name: &'static str,
    pub values: Values,
}

/// Where a feature's value comes from.
#[derive(Debug)]
pub enum Values {
    /// The product's own material.
    Material,
    Of(&'static [&'static str]),
    Null,
}

const FABRIC: Feature = Feature { name: "Fabric", values: Values::Material };
const MATERIAL: Feature = Feature { name: "Material", values: Values::Material };
const REPAIR: Feature = null("Free Repairs");
const FAIR: Feature = null("Fairly Made");
const GIFT: Feature = null("Comes Gift-Wrapped");
const UV: Feature = null("UV Protection");

/// Product 1 has the first of these.
pub const JACKETS: &[Feature] = &[
    FABRIC,
    of("Buttons", &["Brass", "Horn", "Coconut", "Press studs", "Corozo"]),
    of("Lining", &["Viscose", "Quilted", "Unlined", "Recycled polyester", "Teddy, detachable"]),
    of("Fit", &["Regular", "Relaxed", "Slim", "Cropped", "Oversized"]),
    of("Water Column", &["3,000 mm", "5,000 mm", "10,000 mm", "20,000 mm"]),
    of("Zip", &["Two-way", "Moulded", "Hidden", "Metal"]),
    null("Packs Into Its Pocket"),
    REPAIR,
    FAIR,
];

pub const CLOTHES: &[Feature] = &[
    FABRIC,
    of("Buttons", &["Brass", "Mother-of-pearl", "Wood", "Recycled cotton", "None"]),
    of("Stitching", &["Double", "Flat", "Overlocked", "Hand-finished"]),
    of("Cut", &["Straight", "Loose", "Tapered", "Skinny", "A-line"]),
    of("Care", &["Machine wash, 30°", "Machine wash, 40°", "Hand wash", "Dry clean"]),
    of("Origin", &["Portugal", "Italy", "Türkiye", "Peru", "Vietnam"]),
    of("Weight", &["Light", "Medium", "Heavy", "180 g per m²", "320 g per m²"]),
    null("Organic"),
    null("Pre-Washed"),
    UV,
    FAIR,
];

pub const SHOES: &[Feature] = &[
    MATERIAL,
    of("Sole", &["Rubber", "Leather", "Cork", "Crêpe", "Recycled tyres", "EVA foam"]),
    of("Mid-Sole", &["Cushioned", "Arch support", "Flat", "Cork and latex"]),
    of("Stitching", &["Welted", "Blake stitch", "Cemented", "Double"]),
    of("Lining", &["Leather", "Mesh", "Shearling", "None"]),
    of("Heel", &["Flat", "Block, 2\"", "Stacked, 1\"", "Drop of 8 mm"]),
    of("Laces", &["Waxed", "Flat", "Elastic", "Recycled"]),
    null("Vegan"),
    null("Can Be Resoled"),
    FAIR,
];

pub const CARRIED: &[Feature] = &[
    MATERIAL,
    of("Closure", &["Zip", "Magnet", "Buckle", "Drawstring", "Hook and loop"]),
    of("Lining", &["Cotton", "Recycled nylon", "Satin", "None"]),
    of("Hardware", &["Brass", "Nickel-free steel", "Antique brass", "Matt black"]),
    of("Made In", &["Spain", "India", "Kenya", "Italy", "Nepal"]),
    of("Edges", &["Painted", "Folded", "Raw", "Bound"]),
    null("Water-Repellent"),
    REPAIR,
    FAIR,
];

pub const SMALL: &[Feature] = &[
    MATERIAL,
    of("Finish", &["Polished", "Matt", "Brushed", "Hammered", "Soft-touch"]),
    of("Edges", &["Rounded", "Bevelled", "Hand-rolled", "Plain"]),
    of("Warranty", &["2 years", "5 years", "10 years", "As long as you live"]),
    of("Made In", &["Spain", "India", "Kenya", "Italy", "Nepal"]),
    of("Box", &["Recycled card", "Cotton pouch", "Tin", "None"]),
    UV,
    GIFT,
    FAIR,
];

pub const JEWELRY: &[Feature] = &[
    MATERIAL,
    of("Clasp", &["Lobster", "Toggle", "Spring ring", "Magnet", "None"]),
    of("Finish", &["Polished", "Matt", "Hammered", "Oxidised", "Gold-plated"]),
    of("Stone", &["None", "Garnet", "Moonstone", "Turquoise", "Zircon"]),
    of("Origin", &["Jaipur", "Pforzheim", "Birmingham", "Arezzo", "Bogotá"]),
    null("Free of Nickel"),
    null("Recycled Metal"),
    GIFT,
];

pub const WATCHES: &[Feature] = &[
    MATERIAL,
    of("Glass", &["Sapphire", "Mineral", "Acrylic", "Domed sapphire"]),
    of("Movement", &["Quartz", "Automatic", "Hand-wound", "Solar"]),
    of("Strap", &["Leather", "Steel", "Nylon", "Rubber", "Milanese"]),
    of("Water Resistance", &["30 m", "50 m", "100 m", "200 m"]),
    of("Case", &["36 mm", "38 mm", "40 mm", "42 mm"]),
    null("Luminous Hands"),
    null("Spare Strap"),
    GIFT,
];

const fn of(name: &'static str, values: &'static [&'static str]) -> Feature {
    Feature { name, values: Values::Of(values) }
}

const fn null(name: &'static str) -> Feature {
    Feature { name, values: Values::Null }
}
