//! One room for each file of the data set, named as the file is. A room knows the header, the
//! order of the fields and the ids of its file; everything else it takes from its neighbours.

pub mod answers;
pub mod answers_photos;
pub mod cart;
pub mod characteristic_reviews;
pub mod characteristics;
pub mod features;
pub mod photos;
pub mod product;
pub mod questions;
pub mod related;
pub mod reviews;
pub mod reviews_photos;
pub mod skus;
pub mod styles;
