//! cart.csv: who has which product in the cart, in the form of the first version of the shop.
//! The file is small and little is known of it; one row for every 40 products will do.

use crate::generate::FileSummary;
use crate::generate::product::Product;
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use std::path::Path;

const HEADER: &str = "id,user_session,product_id,active";

/// Of so many products the first one lies in a cart.
const PRODUCTS_A_ROW: u32 = 40;

/// Sessions have four digits, so that in a large set many hold more than one product.
const SESSIONS: (u64, u64) = (1_000, 9_999);

/// The session that has product 1 in its cart, as in the real file.
const FIRST_SESSION: u64 = 1_234;

/// Rows that are still in the cart, of a thousand.
const ACTIVE_OF_1000: u32 = 800;

/// cart.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    next_id: u64,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self { sheet: Sheet::create(directory, "cart.csv", HEADER)?, next_id: 1 })
    }

    pub fn append(&mut self, seed: u64, product: &Product) -> anyhow::Result<()> {
        if product.id % PRODUCTS_A_ROW != 1 {
            return Ok(());
        }
        let mut stream = Stream::new(seed, u64::from(product.id), Purpose::Cart);
        let (lowest, highest) = SESSIONS;
        let mut session = stream.between(lowest, highest);
        let mut is_active = stream.chance(ACTIVE_OF_1000);
        if product.is_first() {
            (session, is_active) = (FIRST_SESSION, true);
        }
        let row = self.sheet.row().number(self.next_id).number(session);
        self.next_id += 1;
        row.number(u64::from(product.id)).flag(is_active).end()
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}
