//! Random numbers that are the same on every machine.
//!
//! Each product has a stream of its own for each purpose, so that its content depends on nothing
//! but the seed and its id, and a file added later changes none of the others. Indices are drawn
//! as 64-bit numbers: `fastrand` draws a `usize` differently where it has 32 bits.

/// What a stream is for. The numbers are part of the data's form: never change one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// How many reviews each product of a round has.
    Popularity = 1,
    /// Category, name, price, quality.
    Product = 2,
    /// Slogan and description.
    ProductText = 3,
    /// Rating, date, helpfulness and number of photos of each review.
    Review = 4,
    /// Summary, body, people and response of each review.
    ReviewText = 5,
    /// Ids and addresses of each review's photos.
    ReviewPhotos = 6,
    /// What each review says of each characteristic.
    Ratings = 7,
    /// How many features each product of a round has.
    FeatureCounts = 8,
    /// Which features a product has.
    Features = 9,
    /// How many styles each product of a round has.
    StyleCounts = 10,
    /// Prices, default and number of photos of each style.
    Style = 11,
    /// The names of a product's styles.
    StyleText = 12,
    /// Ids, addresses and faults of each style's photos.
    StylePhotos = 13,
    /// Sizes and quantities of each style.
    Skus = 14,
    /// How many related products each product of a round has.
    RelatedCounts = 15,
    /// Which products are related.
    Related = 16,
    /// Who has a product in the cart.
    Cart = 17,
    /// How many questions each product of a round has.
    QuestionCounts = 18,
    /// Topic, date, helpfulness and number of answers of each question.
    Question = 19,
    /// Body and people of each question.
    QuestionText = 20,
    /// Order, date, helpfulness and number of photos of each answer.
    Answer = 21,
    /// Body and people of each answer.
    AnswerText = 22,
    /// Ids and addresses of each answer's photos.
    AnswerPhotos = 23,
}

/// A stream of random numbers.
#[derive(Debug)]
pub struct Stream(fastrand::Rng);

impl Stream {
    /// The stream of one product (or of one round of products) for one purpose.
    pub fn new(seed: u64, id: u64, purpose: Purpose) -> Self {
        let mixed = mix(mix(seed) ^ id);
        Self(fastrand::Rng::with_seed(mix(mixed.wrapping_add(purpose as u64))))
    }

    /// Evenly from `low` to `high`, both included; `low` must not be above `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        debug_assert!(low <= high);
        let width = u128::from(high - low) + 1;
        low + clip((u128::from(self.0.u64(..)) * width) >> u64::BITS)
    }

    /// True `in_thousand` times of a thousand.
    pub fn chance(&mut self, in_thousand: u32) -> bool {
        self.between(0, 999) < u64::from(in_thousand)
    }

    /// True `in_million` times of a million.
    pub fn chance_of_million(&mut self, in_million: u32) -> bool {
        self.between(0, 999_999) < u64::from(in_million)
    }

    /// An index below `length`, which must not be zero.
    #[expect(clippy::cast_possible_truncation, reason = "the result is below a usize")]
    pub fn index(&mut self, length: usize) -> usize {
        self.between(0, length as u64 - 1) as usize
    }

    /// One of `list`, which must not be empty.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.index(list.len())]
    }

    /// The index of one of `weights`, each as likely as its share of their sum.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
        let mut left = self.between(0, total - 1);
        for (index, &weight) in weights.iter().enumerate() {
            if left < u64::from(weight) {
                return index;
            }
            left -= u64::from(weight);
        }
        weights.len() - 1
    }

    /// The numbers from zero below `N`, in random order.
    pub fn order<const N: usize>(&mut self) -> [u16; N] {
        let mut order = [0; N];
        for (number, place) in (0..).zip(order.iter_mut()) {
            *place = number;
        }
        self.shuffle(&mut order);
        order
    }

    /// Puts a list into random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.index(last + 1));
        }
    }
}

/// The final step of splitmix64: neighbouring numbers become unrelated ones.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[expect(clippy::cast_possible_truncation, reason = "the high half of a product of two u64")]
fn clip(high: u128) -> u64 {
    high as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_seed_id_and_purpose_and_by_nothing_else() {
        let first = |seed, id, purpose| Stream::new(seed, id, purpose).between(0, u64::MAX);
        let one = first(1, 1, Purpose::Review);
        assert_eq!(one, first(1, 1, Purpose::Review));
        assert_ne!(one, first(2, 1, Purpose::Review));
        assert_ne!(one, first(1, 2, Purpose::Review));
        assert_ne!(one, first(1, 1, Purpose::ReviewText));
    }

    /// A change of these numbers changes every data set that was ever generated.
    #[test]
    fn the_numbers_are_the_same_on_every_machine() {
        let mut stream = Stream::new(7, 1, Purpose::Product);
        let drawn: Vec<u64> = (0..4).map(|_| stream.between(1, 1_000_000)).collect();
        assert_eq!(drawn, PINNED);
    }

    const PINNED: [u64; 4] = [408_279, 195_189, 953_904, 681_049];

    #[test]
    fn draws_stay_in_their_range_and_reach_its_ends() {
        let mut stream = Stream::new(0, 0, Purpose::Product);
        let drawn: Vec<u64> = (0..500).map(|_| stream.between(3, 9)).collect();
        assert_eq!(drawn.iter().min(), Some(&3));
        assert_eq!(drawn.iter().max(), Some(&9));
    }

    #[test]
    fn weights_decide_how_often_an_index_is_drawn() {
        let mut stream = Stream::new(0, 0, Purpose::Product);
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            counts[stream.weighted(&[1, 0, 3])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((2_300..2_700).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn an_order_holds_every_number_once() {
        let mut order = Stream::new(0, 0, Purpose::Popularity).order::<100>();
        assert_ne!(order[..5], [0, 1, 2, 3, 4]);
        order.sort_unstable();
        assert!(order.iter().enumerate().all(|(index, &number)| index == usize::from(number)));
    }
}
