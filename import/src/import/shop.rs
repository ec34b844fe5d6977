//! What the importer remembers of the rows it has seen: which ids there are, and the sums that
//! `review_meta` is made from. With it no row has to be looked up in the database.

use super::index::{Budget, IdSet, Paged, Parents, index};
use anyhow::Context;
use std::collections::HashMap;

/// The most different names of characteristics; the known files have six.
const NAMES_MAX: usize = 1 << 16;

/// A product's reviews, counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProductTally {
    /// How many reviews gave 1 to 5.
    pub ratings: [u32; 5],
    /// How many do not recommend it, and how many do.
    pub recommend: [u32; 2],
}

/// A characteristic, and what reviews said of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Characteristic {
    /// 0 for an id that no characteristic has.
    pub product_id: i32,
    pub sum: u32,
    pub count: u32,
    /// Its name's place in [`Names`].
    pub name: u16,
}

/// The different names of characteristics.
#[derive(Debug, Default)]
pub struct Names {
    codes: HashMap<Vec<u8>, u16>,
    names: Vec<Vec<u8>>,
}

/// Everything that is remembered: of the products, and of what one service's files hold. The rest
/// stays empty, which takes no memory.
#[derive(Debug)]
pub struct Shop<'p> {
    pub products: &'p IdSet,
    pub features: IdSet,
    /// Each with its product.
    pub styles: Parents,
    pub style_photos: IdSet,
    pub skus: IdSet,
    pub related: IdSet,
    pub carts: IdSet,
    pub reviews: IdSet,
    pub review_photos: IdSet,
    pub characteristic_reviews: IdSet,
    /// Each with its product.
    pub questions: Parents,
    pub answers: IdSet,
    pub answer_photos: IdSet,
    tallies: Paged<ProductTally>,
    characteristics: Paged<Characteristic>,
    names: Names,
    budget: Budget,
}

impl<'p> Shop<'p> {
    pub fn new(products: &'p IdSet, budget: &Budget) -> Self {
        Self {
            products,
            features: IdSet::new(budget),
            styles: Parents::new(budget),
            style_photos: IdSet::new(budget),
            skus: IdSet::new(budget),
            related: IdSet::new(budget),
            carts: IdSet::new(budget),
            reviews: IdSet::new(budget),
            review_photos: IdSet::new(budget),
            characteristic_reviews: IdSet::new(budget),
            questions: Parents::new(budget),
            answers: IdSet::new(budget),
            answer_photos: IdSet::new(budget),
            tallies: Paged::new(budget),
            characteristics: Paged::new(budget),
            names: Names::default(),
            budget: budget.clone(),
        }
    }

    /// Counts a review.
    ///
    /// # Errors
    /// When the indexes' budget is used up.
    pub fn add_review(
        &mut self,
        review_id: i32,
        product_id: i32,
        rating: i16,
        recommend: bool,
    ) -> anyhow::Result<()> {
        self.reviews.insert(review_id)?;
        let tally = self.tallies.slot(index(product_id))?;
        tally.ratings[index(i32::from(rating) - 1)] += 1;
        tally.recommend[usize::from(recommend)] += 1;
        Ok(())
    }

    /// The reviews of a product, counted.
    pub fn tally(&self, product_id: i32) -> ProductTally {
        self.tallies.get(index(product_id)).copied().unwrap_or_default()
    }

    pub fn characteristic(&self, id: i32) -> Option<&Characteristic> {
        self.characteristics.get(index(id)).filter(|found| found.product_id != 0)
    }

    /// Adds a characteristic that no review has spoken of yet.
    ///
    /// # Errors
    /// When the indexes' budget is used up or there are too many names.
    pub fn add_characteristic(
        &mut self,
        id: i32,
        product_id: i32,
        name: &[u8],
    ) -> anyhow::Result<()> {
        let name = match self.names.codes.get(name) {
            Some(code) => *code,
            None => self.add_name(name)?,
        };
        *self.characteristics.slot(index(id))? =
            Characteristic { product_id, sum: 0, count: 0, name };
        Ok(())
    }

    fn add_name(&mut self, name: &[u8]) -> anyhow::Result<u16> {
        let code = u16::try_from(self.names.names.len())
            .with_context(|| format!("there are more than {NAMES_MAX} different names"))?;
        self.budget.take(2 * name.len())?;
        self.names.names.push(name.to_vec());
        self.names.codes.insert(name.to_vec(), code);
        Ok(code)
    }

    /// Counts what a review said of a characteristic.
    ///
    /// # Errors
    /// When the sum would not fit the column.
    pub fn add_value(&mut self, characteristic_id: i32, value: i16) -> anyhow::Result<()> {
        let characteristic = self.characteristics.slot(index(characteristic_id))?;
        let sum = characteristic.sum + u32::from(value.unsigned_abs());
        i32::try_from(sum).with_context(|| {
            format!("the values of characteristic {characteristic_id} add up to over 2147483647")
        })?;
        characteristic.sum = sum;
        characteristic.count += 1;
        Ok(())
    }

    pub fn name(&self, code: u16) -> &[u8] {
        &self.names.names[usize::from(code)]
    }

    /// Every product that has characteristics with the ids of those, in the order of the products'
    /// ids and then of the characteristics'.
    pub fn characteristics_by_product(&self) -> Vec<(i32, i32)> {
        let all = self.characteristics.iter().filter(|(_, found)| found.product_id != 0);
        let ids = all.filter_map(|(id, found)| Some((found.product_id, i32::try_from(id).ok()?)));
        let mut pairs: Vec<(i32, i32)> = ids.collect();
        // The files have them in this order already, which costs the sort next to nothing.
        pairs.sort_unstable();
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reviews_and_values_add_up() {
        let budget = Budget::new();
        let products = IdSet::new(&budget);
        let mut shop = Shop::new(&products, &budget);
        shop.add_review(1, 7, 5, true).unwrap();
        shop.add_review(2, 7, 1, false).unwrap();
        shop.add_review(3, 7, 5, false).unwrap();
        let tally = shop.tally(7);
        assert_eq!((tally.ratings, tally.recommend), ([1, 0, 0, 0, 2], [2, 1]));
        assert_eq!(shop.tally(8).ratings, [0; 5]);
        assert!(shop.reviews.contains(3) && !shop.reviews.contains(4));

        shop.add_characteristic(9, 7, b"Fit").unwrap();
        shop.add_characteristic(4, 7, b"Length").unwrap();
        shop.add_characteristic(2, 8, b"Fit").unwrap();
        shop.add_value(9, 5).unwrap();
        shop.add_value(9, 2).unwrap();
        let fit = shop.characteristic(9).unwrap();
        assert_eq!((fit.sum, fit.count, shop.name(fit.name)), (7, 2, &b"Fit"[..]));
        assert_eq!(fit.name, shop.characteristic(2).unwrap().name);
        assert!(shop.characteristic(3).is_none());
        assert_eq!(shop.characteristics_by_product(), [(7, 4), (7, 9), (8, 2)]);
    }

    #[test]
    fn too_many_names_are_an_error() {
        let budget = Budget::new();
        let products = IdSet::new(&budget);
        let mut shop = Shop::new(&products, &budget);
        let add = |id: i32| shop.add_characteristic(id, 1, id.to_string().as_bytes());
        let error = (1..).map(add).find_map(Result::err).unwrap();
        assert_eq!(error.to_string(), "there are more than 65536 different names");
    }
}
