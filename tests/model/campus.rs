//! What products are called below a campus's prefix, as `src/campus.rs` promises it.

/// Products of a campus.
const PRODUCTS: i64 = 1011;

/// The first id of each run of blocks, and the id behind its last.
const RUNS: [(i64, i64); 3] = [
    (11_001, 11_001 + 26 * PRODUCTS),
    (37_311, 37_311 + 27 * PRODUCTS),
    (64_620, 71_697 + PRODUCTS),
];

/// Campuses, and the first id of the block that the list shows.
const CAMPUSES: [(&str, i64); 9] = [
    ("hr-rfp", 40_344),
    ("hr-rfe", 37_311),
    ("hr-rpp", 71_697),
    ("hr-rfc", 66_642),
    ("hr-lax", 42_366),
    ("hrnyc", 11_001),
    ("hratx", 38_322),
    ("rfp", 65_631),
    ("nowhere", 40_344),
];

/// Where a request goes.
#[derive(Clone, Copy)]
pub struct Campus(Option<(&'static str, i64)>);

impl Campus {
    /// The bare root half of the time.
    pub fn random(random: &mut fastrand::Rng) -> Self {
        Self(random.bool().then(|| CAMPUSES[random.usize(..CAMPUSES.len())]))
    }

    /// What stands before each path.
    pub fn prefix(self) -> String {
        self.0.map_or(String::new(), |(name, _)| format!("/api/fec2/{name}"))
    }

    pub fn is_root(self) -> bool {
        self.0.is_none()
    }

    /// As replies name it.
    pub fn name(self) -> &'static str {
        self.0.map_or("hr-rfp", |(name, _)| name)
    }

    /// Some id of a block that a product of the data set has.
    pub fn random_id(random: &mut fastrand::Rng, product_id: i64) -> i64 {
        let (first, end) = RUNS[random.usize(..RUNS.len())];
        let blocks = (end - first) / PRODUCTS;
        let block = [0, 1, blocks - 1, random.i64(0..blocks)][random.usize(..4)];
        first + block * PRODUCTS + product_id - 1
    }

    /// The product that an id names, and what is added to the ids of products in the reply.
    pub fn product(self, id: i64) -> (i64, i64) {
        let run = RUNS.iter().find(|(first, end)| (*first..*end).contains(&id));
        match (self.0, run) {
            (Some(_), Some((first, _))) => {
                let product_id = (id - first) % PRODUCTS + 1;
                (product_id, id - product_id)
            }
            _ => (id, 0),
        }
    }

    /// What a product is called there; nothing where that would be another product's name.
    pub fn called(self, product_id: i64, added: i64) -> Option<i64> {
        if product_id <= PRODUCTS {
            return Some(product_id + added);
        }
        (self.product(product_id).0 == product_id).then_some(product_id)
    }

    /// What is added to the ids of a list, and whether a product is on it.
    pub fn list(self) -> (i64, impl Fn(i64) -> bool) {
        let last = if self.0.is_some() { PRODUCTS } else { i64::MAX };
        (self.0.map_or(0, |(_, first)| first - 1), move |product_id| product_id <= last)
    }
}
