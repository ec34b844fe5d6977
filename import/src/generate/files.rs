//! One room for each file of the data set, named as the file is. A room knows the header, the
//! order of the fields and the ids of its file; everything else it takes from its neighbours.

pub mod characteristic_reviews;
pub mod characteristics;
pub mod product;
pub mod reviews;
pub mod reviews_photos;
