//! characteristics.csv: what can be rated of each product, by its category.
//! Nothing here is random, so the room has no stream.

use crate::generate::FileSummary;
use crate::generate::product::Product;
use crate::generate::sheet::Sheet;
use std::path::Path;

const HEADER: &str = "id,product_id,name";

/// characteristics.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    next_id: u64,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self { sheet: Sheet::create(directory, "characteristics.csv", HEADER)?, next_id: 1 })
    }

    /// Writes the product's characteristics and tells the id of the first; the others follow.
    pub fn append(&mut self, product: &Product) -> anyhow::Result<u64> {
        let first = self.next_id;
        for name in product.category.characteristics {
            let row = self.sheet.row().number(self.next_id).number(u64::from(product.id));
            row.text(name).end()?;
            self.next_id += 1;
        }
        Ok(first)
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}
