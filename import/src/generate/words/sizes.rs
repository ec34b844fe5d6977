//! The sizes that there are of a product, from small to large.

pub const LETTERS: &[&str] = &["XS", "S", "M", "L", "XL", "XXL"];

pub const SHOES: &[&str] =
    &["6", "6.5", "7", "7.5", "8", "8.5", "9", "9.5", "10", "10.5", "11", "11.5", "12"];

pub const ONE: &[&str] = &["One Size"];
