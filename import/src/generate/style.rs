//! What is known of a style before a row is written: its prices, whether it is shown first, and
//! how many photos it has. The rooms of `files` that write its row, its photos and its sizes
//! agree through it.

use super::deal::{Band, Deal, exactly};
use super::product::Product;
use super::stream::{Purpose, Stream};

/// Photos that one style can have.
pub const PHOTOS_MAX: usize = 7;

/// 1,011 products with 1,980 styles: 1.9585 each, as in the real files.
const BANDS: [Band; 7] = [
    exactly(0, 221),
    exactly(1, 270),
    exactly(2, 190),
    exactly(3, 135),
    exactly(4, 95),
    exactly(5, 55),
    exactly(6, 45),
];

/// The least styles of product 1, and the least photos of each.
const FIRST_STYLES_MIN: u64 = 4;
const FIRST_PHOTOS_MIN: usize = 3;

/// The style of product 1 that is on sale, counted from zero.
const FIRST_SALE: u64 = 2;

/// Styles that have 0 to 7 photos, of a thousand: 2.888 photos in the mean.
const PHOTOS_OF_1000: [u32; PHOTOS_MAX + 1] = [110, 150, 180, 200, 160, 110, 42, 48];

/// Products whose default is the first style, another one, and none at all; of a hundred.
const DEFAULTS_OF_100: [u32; 3] = [85, 12, 3];

/// Styles that are on sale, and styles that never had the product's price; of a thousand.
const SALES_OF_1000: u32 = 150;
const PRICED_APART_OF_1000: u32 = 40;

/// One style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Its number among the product's styles, from zero.
    pub place: u64,
    /// Whole units of the shop's currency, below the original price.
    pub sale_price: Option<u64>,
    pub original_price: u64,
    pub is_default: bool,
    pub photos: usize,
}

/// Deals the number of styles.
#[derive(Debug)]
pub struct StyleCounts(Deal);

impl StyleCounts {
    pub fn new(seed: u64) -> Self {
        Self(Deal::new(seed, Purpose::StyleCounts, &BANDS))
    }
}

/// The styles of one product, in the order of their ids.
#[derive(Debug)]
pub struct Styles<'a> {
    product: &'a Product,
    stream: Stream,
    count: u64,
    default: Option<u64>,
    drawn: u64,
}

impl<'a> Styles<'a> {
    pub fn of(seed: u64, product: &'a Product, counts: &mut StyleCounts) -> Self {
        let mut stream = Stream::new(seed, u64::from(product.id), Purpose::Style);
        let mut count = counts.0.rows(product.id, &mut stream);
        let mut default = match stream.weighted(&DEFAULTS_OF_100) {
            0 => Some(0),
            1 if count > 1 => Some(stream.between(1, count - 1)),
            1 => Some(0),
            _ => None,
        };
        if product.is_first() {
            count = count.max(FIRST_STYLES_MIN);
            default = Some(0);
        }
        Self { product, stream, count, default, drawn: 0 }
    }
}

impl Iterator for Styles<'_> {
    type Item = Style;

    fn next(&mut self) -> Option<Style> {
        if self.drawn == self.count {
            return None;
        }
        let place = self.drawn;
        self.drawn += 1;
        let stream = &mut self.stream;
        let (first, price) = (self.product.is_first(), self.product.price);
        let priced_apart = stream.chance(PRICED_APART_OF_1000) && !first;
        let original_price = if priced_apart {
            stream.between(price - price / 10, price + price / 5)
        } else {
            price
        };
        let is_on_sale = if first { place == FIRST_SALE } else { stream.chance(SALES_OF_1000) };
        // From half the price up to nine tenths of it.
        let sale_price = is_on_sale.then(|| original_price * stream.between(10, 18) / 20);
        let photos = stream.weighted(&PHOTOS_OF_1000);
        Some(Style {
            place,
            sale_price,
            original_price,
            is_default: self.default == Some(place),
            photos: if first { photos.max(FIRST_PHOTOS_MIN) } else { photos },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::deal::round_rows_twice;
    use super::super::popularity::Popularity;
    use super::*;

    fn styles(seed: u64, products: u32) -> Vec<Vec<Style>> {
        let (mut popularity, mut counts) = (Popularity::new(seed), StyleCounts::new(seed));
        (1..=products)
            .map(|id| {
                let product = Product::draw(seed, id, &mut popularity);
                Styles::of(seed, &product, &mut counts).collect()
            })
            .collect()
    }

    #[test]
    fn the_bands_make_a_round_with_the_real_mean() {
        assert_eq!(round_rows_twice(&BANDS), 2 * 1_980);
        let photos: u32 = (0..).zip(PHOTOS_OF_1000).map(|(count, weight)| count * weight).sum();
        assert_eq!((photos, PHOTOS_OF_1000.iter().sum::<u32>()), (2_888, 1_000));
    }

    #[test]
    fn most_products_have_one_default_which_is_mostly_the_first() {
        let all = styles(4, 3_000);
        let with: Vec<_> = all.iter().filter(|styles| !styles.is_empty()).collect();
        let defaults = |styles: &[Style]| styles.iter().filter(|style| style.is_default).count();
        let share = |count: usize| count * 1_000 / with.len();
        assert!(with.iter().all(|styles| defaults(styles) <= 1));
        let without = with.iter().filter(|styles| defaults(styles) == 0).count();
        assert!((15..=50).contains(&share(without)), "{without}");
        let first = with.iter().filter(|styles| styles[0].is_default).count();
        assert!((850..=950).contains(&share(first)), "{first}");
    }

    #[test]
    fn sale_prices_are_rare_and_below_the_original() {
        let all: Vec<Style> = styles(4, 3_000).into_iter().flatten().collect();
        let sales: Vec<&Style> = all.iter().filter(|style| style.sale_price.is_some()).collect();
        assert!((120..=180).contains(&(sales.len() * 1_000 / all.len())), "{}", sales.len());
        for style in sales {
            let sale = style.sale_price.unwrap();
            assert!(sale > 0 && sale < style.original_price, "{style:?}");
        }
    }

    #[test]
    fn the_first_product_has_styles_worth_looking_at() {
        for seed in 0..20 {
            let first = styles(seed, 1).remove(0);
            assert!(first.len() >= 4 && first[0].is_default);
            assert_eq!(first.iter().filter(|style| style.sale_price.is_some()).count(), 1);
            assert!(first.iter().all(|style| style.photos >= 3 && style.original_price == 140));
        }
    }
}
