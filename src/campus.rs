//! Campuses and the ids that their products have there. Pure.
//!
//! The original kept a database a campus: copies of one set of 1,011 products, one block of ids
//! after another. Pages have ids of their campus's block written into them, so below
//! `/api/fec2/<campus>/` an id of any known block names its product, and the reply speaks of
//! products by ids of that block. At the bare root ids are the data set's own.

/// Products of a campus: ids 1 to 1,011 of the data set.
const BLOCK_PRODUCTS: i32 = 1011;

/// Blocks of ids, one behind another, from the first id of the first. The first two runs are taken
/// to reach to where the next one leaves room for whole blocks; of the third, the last block seen
/// is the last one.
const RUNS: [Run; 3] = [
    Run { first: 11_001, blocks: 26 },
    Run { first: 37_311, blocks: 27 },
    Run { first: 64_620, blocks: 8 },
];

struct Run {
    first: i32,
    blocks: i32,
}

/// Campuses by the names that prefixes have, and the first id of the block that each one's list
/// shows: the youngest that is known of it.
const BLOCKS: [(&str, i32); 14] = [
    ("hr-rfp", 40_344),
    ("hr-rfe", 37_311),
    ("hr-rpp", 71_697),
    ("hr-rfc", 66_642),
    ("hr-lax", 42_366),
    ("hrnyc", 11_001),
    ("hr-nyc", 11_001),
    ("hr-atx", 38_322),
    ("hratx", 38_322),
    ("hr-sfo", 48_432),
    ("rfp", 65_631),
    ("hr-sea", 66_642),
    ("hr-bld", DEFAULT_BLOCK),
    ("rpp", 71_697),
];

/// The campus that replies name where none is asked for, and the block of those that nothing else
/// is known of: the one that most pages were built against.
const DEFAULT_NAME: &str = "hr-rfp";
const DEFAULT_BLOCK: i32 = 40_344;

/// The longest name that is taken for a campus's, in bytes; replies echo it with every product.
pub const NAME_BYTES_MAX: usize = 32;

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Campus<'n> {
    /// As replies show it.
    pub name: &'n str,
    /// Whether ids of blocks are known here.
    has_blocks: bool,
}

/// How the ids of the data set are called in one reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// What is added to the ids of a campus's products.
    offset: i32,
    has_blocks: bool,
}

impl Campus<'static> {
    /// The bare root, where ids are the data set's own.
    pub const ROOT: Self = Self { name: DEFAULT_NAME, has_blocks: false };
}

impl<'n> Campus<'n> {
    /// The campus of that name.
    #[must_use]
    pub fn named(name: &'n str) -> Self {
        Self { name, has_blocks: true }
    }

    /// Whether it is one of those that the original is known to have had.
    #[must_use]
    pub fn is_known(&self) -> bool {
        BLOCKS.iter().any(|(name, _)| *name == self.name)
    }

    /// The product of the data set that `id` names here, and the block it was named by.
    #[must_use]
    pub fn product(&self, id: i32) -> (i32, Block) {
        let run = RUNS.iter().find(|run| self.has_blocks && run.contains(id));
        let product_id = run.map_or(id, |run| 1 + (id - run.first) % BLOCK_PRODUCTS);
        (product_id, Block { offset: id - product_id, has_blocks: self.has_blocks })
    }

    /// The block that the campus's list shows, and the largest id of the data set in it.
    #[must_use]
    pub fn list(&self) -> (Block, i32) {
        if !self.has_blocks {
            return (Block { offset: 0, has_blocks: false }, i32::MAX);
        }
        let known = BLOCKS.iter().find(|(name, _)| *name == self.name);
        let first = known.map_or(DEFAULT_BLOCK, |(_, first)| *first);
        (Block { offset: first - 1, has_blocks: true }, BLOCK_PRODUCTS)
    }
}

impl Block {
    /// What a product of the data set is called in the reply; `None` when it cannot be named there,
    /// because its own id is a block's and would be taken for another product's.
    #[must_use]
    pub fn id_of(&self, product_id: i32) -> Option<i32> {
        if (1..=BLOCK_PRODUCTS).contains(&product_id) {
            return Some(product_id + self.offset);
        }
        let is_taken = self.has_blocks && RUNS.iter().any(|run| run.contains(product_id));
        (!is_taken).then_some(product_id)
    }
}

impl Run {
    fn contains(&self, id: i32) -> bool {
        (self.first..self.first + self.blocks * BLOCK_PRODUCTS).contains(&id)
    }
}

/// A path's campus, where it has the original's prefix `/api/fec2/<campus>`, and what follows it.
#[must_use]
pub fn split(path: &str) -> (Option<&str>, &str) {
    let split = path.strip_prefix("/api/fec2/").and_then(|rest| {
        let at = rest.find('/').filter(|at| (1..=NAME_BYTES_MAX).contains(at))?;
        Some((Some(&rest[..at]), &rest[at..]))
    });
    split.unwrap_or((None, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First ids of blocks that were seen, as contract.md lists them.
    const SEEN: [i32; 14] = [
        11_001, 14_034, 16_056, 17_067, 37_311, 38_322, 40_344, 42_366, 47_421, 48_432, 64_620,
        65_631, 66_642, 71_697,
    ];

    #[test]
    fn an_id_of_a_block_is_its_product_and_the_reply_keeps_to_the_block() {
        let campus = Campus::named("hr-rfp");
        for first in SEEN {
            for place in [0, 1, 1010] {
                let (product_id, block) = campus.product(first + place);
                assert_eq!(product_id, 1 + place, "{first} + {place}");
                assert_eq!(block.id_of(product_id), Some(first + place));
                assert_eq!(block.id_of(7), Some(first + 6));
            }
        }
        assert_eq!(campus.product(67_500).0, 859, "as pages of hr-sea ask");
    }

    #[test]
    fn an_id_between_the_blocks_is_the_data_sets_own() {
        for id in [0, 1, 1011, 1012, 11_000, 37_288, 37_310, 64_608, 64_619, 72_708, i32::MAX, -5] {
            let (product_id, block) = Campus::named("hrnyc").product(id);
            assert_eq!((product_id, block.id_of(id)), (id, Some(id)));
        }
    }

    #[test]
    fn the_root_knows_no_blocks() {
        let (product_id, block) = Campus::ROOT.product(40_344);
        assert_eq!((product_id, block.id_of(40_344)), (40_344, Some(40_344)));
        let (block, last) = Campus::ROOT.list();
        assert_eq!((block.id_of(5), last), (Some(5), i32::MAX));
    }

    #[test]
    fn what_would_be_taken_for_another_product_is_not_named() {
        let (_, block) = Campus::named("hr-rfp").product(40_344);
        assert_eq!(block.id_of(40_400), None);
        assert_eq!(block.id_of(500_000), Some(500_000));
    }

    #[test]
    fn a_list_is_of_the_campuss_own_block_and_an_unknown_campus_has_one_too() {
        for (name, first) in [("hr-rfp", 40_344), ("hr-rpp", 71_697), ("elsewhere", 40_344)] {
            let (block, last) = Campus::named(name).list();
            assert_eq!((block.id_of(1), last), (Some(first), 1011), "{name}");
        }
        for (name, first) in BLOCKS {
            assert!(SEEN.contains(&first), "{name}");
        }
    }

    #[test]
    fn a_prefix_is_split_off() {
        for (path, expected) in [
            ("/api/fec2/hr-rfp/products", (Some("hr-rfp"), "/products")),
            ("/api/fec2/x/", (Some("x"), "/")),
            ("/api/fec2/hr-rfp", (None, "/api/fec2/hr-rfp")),
            ("/api/fec2//products", (None, "/api/fec2//products")),
            ("/products", (None, "/products")),
        ] {
            assert_eq!(split(path), expected);
        }
        let long = format!("/api/fec2/{}/products", "x".repeat(NAME_BYTES_MAX + 1));
        assert_eq!(split(&long), (None, &*long));
    }
}
