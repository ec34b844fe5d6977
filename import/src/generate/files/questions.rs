//! questions.csv: one row a question, ids ascending with the products' ids.
//! The facts in the row were drawn before; this room adds the words and the people.

use crate::generate::FileSummary;
use crate::generate::product::Product;
use crate::generate::question::Question;
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use crate::generate::{people, talk};
use std::path::Path;

const HEADER: &str = "id,product_id,body,date_written,asker_name,asker_email,reported,helpful";

/// questions.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    stream: Stream,
    body: String,
    name: String,
    email: String,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            sheet: Sheet::create(directory, "questions.csv", HEADER)?,
            stream: Stream::new(0, 0, Purpose::QuestionText),
            body: String::new(),
            name: String::new(),
            email: String::new(),
        })
    }

    /// Turns to the questions about `product`.
    pub fn begin(&mut self, seed: u64, product: &Product) {
        self.stream = Stream::new(seed, u64::from(product.id), Purpose::QuestionText);
    }

    pub fn append(
        &mut self,
        id: u64,
        product: &Product,
        question: &Question,
    ) -> anyhow::Result<()> {
        let stream = &mut self.stream;
        for text in [&mut self.body, &mut self.name, &mut self.email] {
            text.clear();
        }
        talk::question(&mut self.body, product, question, stream);
        people::nickname(&mut self.name, stream);
        people::email(&mut self.email, stream);
        self.sheet
            .row()
            .number(id)
            .number(u64::from(product.id))
            .text(&self.body)
            .number(question.date_ms)
            .text(&self.name)
            .text(&self.email)
            .flag(question.reported)
            .number(question.helpful)
            .end()
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}
