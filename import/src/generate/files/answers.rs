//! answers.csv: one row an answer, ids ascending, but not in the order of the questions.
//! The facts in the row were drawn before; this room adds the words and the people.

use crate::generate::FileSummary;
use crate::generate::answer::{Answer, Voice};
use crate::generate::product::Product;
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use crate::generate::words::Topic;
use crate::generate::{people, talk};
use std::path::Path;

const HEADER: &str = "id,question_id,body,date_written,answerer_name,answerer_email,\
                      reported,helpful";

/// The name by which pages know the seller, whose answers they show first.
const SELLER: &str = "Seller";

/// answers.csv being written.
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
            sheet: Sheet::create(directory, "answers.csv", HEADER)?,
            stream: Stream::new(0, 0, Purpose::AnswerText),
            body: String::new(),
            name: String::new(),
            email: String::new(),
        })
    }

    /// Turns to the answers about `product`.
    pub fn begin(&mut self, seed: u64, product: &Product) {
        self.stream = Stream::new(seed, u64::from(product.id), Purpose::AnswerText);
    }

    /// The answer's question is given by its id, which is written, and its topic, which is not.
    pub fn append(
        &mut self,
        id: u64,
        (question_id, topic): (u64, &Topic),
        product: &Product,
        answer: &Answer,
    ) -> anyhow::Result<()> {
        let stream = &mut self.stream;
        for text in [&mut self.body, &mut self.name, &mut self.email] {
            text.clear();
        }
        talk::answer(&mut self.body, product, topic, answer.voice, stream);
        match answer.voice {
            Voice::Seller => self.name.push_str(SELLER),
            _ => people::nickname(&mut self.name, stream),
        }
        people::email(&mut self.email, stream);
        self.sheet
            .row()
            .number(id)
            .number(question_id)
            .text(&self.body)
            .number(answer.date_ms)
            .text(&self.name)
            .text(&self.email)
            .flag(answer.reported)
            .number(answer.helpful)
            .end()
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}
