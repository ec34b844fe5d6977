//! reviews.csv: one row a review, ids ascending with the products' ids.
//! The facts in the row were drawn before; this room adds the words and the people.

use crate::generate::FileSummary;
use crate::generate::product::Product;
use crate::generate::review::Review;
use crate::generate::sentence::fill;
use crate::generate::sheet::Sheet;
use crate::generate::stream::{Purpose, Stream};
use crate::generate::{body, people, words};
use std::path::Path;

const HEADER: &str = "id,product_id,rating,date,summary,body,recommend,reported,\
                      reviewer_name,reviewer_email,response,helpfulness";

/// Responses of a thousand reviews that are null, an empty text, and a sentence of the seller's.
const RESPONSES_OF_1000: [u32; 3] = [880, 7, 113];

/// reviews.csv being written.
#[derive(Debug)]
pub struct File {
    sheet: Sheet,
    stream: Stream,
    summary: String,
    body: String,
    name: String,
    email: String,
    response: String,
}

impl File {
    pub fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            sheet: Sheet::create(directory, "reviews.csv", HEADER)?,
            stream: Stream::new(0, 0, Purpose::ReviewText),
            summary: String::new(),
            body: String::new(),
            name: String::new(),
            email: String::new(),
            response: String::new(),
        })
    }

    /// Turns to the reviews of `product`.
    pub fn begin(&mut self, seed: u64, product: &Product) {
        self.stream = Stream::new(seed, u64::from(product.id), Purpose::ReviewText);
    }

    pub fn append(&mut self, id: u64, product: &Product, review: &Review) -> anyhow::Result<()> {
        let stream = &mut self.stream;
        for text in
            [&mut self.summary, &mut self.body, &mut self.name, &mut self.email, &mut self.response]
        {
            text.clear();
        }
        body::summary(&mut self.summary, product, review, stream);
        body::body(&mut self.body, product, review, stream);
        people::nickname(&mut self.name, stream);
        people::email(&mut self.email, stream);
        let response = stream.weighted(&RESPONSES_OF_1000);
        if response == 2 {
            let responses = words::vocabulary(review.mood()).responses;
            fill(&mut self.response, stream.pick(responses), product, stream);
        }
        let row = self
            .sheet
            .row()
            .number(id)
            .number(u64::from(product.id))
            .number(u64::from(review.rating))
            .number(review.date_ms)
            .text(&self.summary)
            .text(&self.body)
            .boolean(review.recommend)
            .boolean(review.reported)
            .text(&self.name)
            .text(&self.email);
        let row = if response == 0 { row.null() } else { row.text(&self.response) };
        row.number(review.helpfulness).end()
    }

    pub fn finish(self) -> anyhow::Result<FileSummary> {
        self.sheet.finish()
    }
}
