//! The files of a set, open and past their headers, by the service that they are for.

use super::input::Form;
use super::report::FileReport;
use super::service::Services;
use super::source::{Layout, Source};
use super::{answers, answers_photos, cart, characteristic_reviews, characteristics, features};
use super::{photos, product, questions, related, reviews, reviews_photos, skus, styles};
use anyhow::{bail, ensure};
use std::path::Path;

/// The files that a set must have besides its products, in the order they are reported; cart.csv
/// comes on top.
static CATALOGUE: [&Layout; 5] =
    [&features::LAYOUT, &styles::LAYOUT, &photos::LAYOUT, &skus::LAYOUT, &related::LAYOUT];

static REVIEWS: [&Layout; 4] = [
    &characteristics::LAYOUT,
    &reviews_photos::LAYOUT,
    &reviews::LAYOUT,
    &characteristic_reviews::LAYOUT,
];

static QUESTIONS: [&Layout; 3] = [&questions::LAYOUT, &answers_photos::LAYOUT, &answers::LAYOUT];

pub struct Sources {
    pub product: Source,
    /// None of a service that is not loaded.
    pub catalogue: Option<CatalogueFiles>,
    pub reviews: Option<ReviewFiles>,
    pub questions: Option<QuestionFiles>,
}

pub struct CatalogueFiles {
    pub features: Source,
    pub styles: Source,
    pub photos: Source,
    pub skus: Source,
    pub related: Source,
    /// The one that a set may be without.
    pub cart: Option<Source>,
}

pub struct ReviewFiles {
    pub characteristics: Source,
    pub reviews_photos: Source,
    pub reviews: Source,
    pub characteristic_reviews: Source,
}

pub struct QuestionFiles {
    pub questions: Source,
    pub answers_photos: Source,
    pub answers: Source,
}

impl Sources {
    /// # Errors
    /// When a file is missing, cannot be read, or has other columns.
    pub fn open(directory: &Path, services: Services) -> anyhow::Result<Self> {
        ensure!(directory.is_dir(), "{}: there is no such directory", directory.display());
        check_missing(directory, services)?;
        let product = Source::open(directory, &product::LAYOUT)?;
        let catalogue = services.products.then(|| CatalogueFiles::open(directory));
        let reviews = services.reviews.then(|| ReviewFiles::open(directory));
        let questions = services.qa.then(|| QuestionFiles::open(directory));
        Ok(Self {
            product,
            catalogue: catalogue.transpose()?,
            reviews: reviews.transpose()?,
            questions: questions.transpose()?,
        })
    }

    /// What is to be said of each file, in the files' order.
    pub fn reports(&self) -> Vec<&FileReport> {
        let Self { product, catalogue, reviews, questions } = self;
        let mut in_order = vec![product];
        if let Some(files) = catalogue {
            let CatalogueFiles { features, styles, photos, skus, related, cart } = files;
            in_order.extend([features, styles, photos, skus, related]);
            in_order.extend(cart);
        }
        if let Some(files) = reviews {
            let ReviewFiles { characteristics, reviews_photos, reviews, .. } = files;
            in_order.extend([characteristics, reviews_photos, reviews]);
            in_order.push(&files.characteristic_reviews);
        }
        if let Some(files) = questions {
            let QuestionFiles { questions, answers_photos, answers } = files;
            in_order.extend([questions, answers_photos, answers]);
        }
        in_order.into_iter().map(|source| &source.report).collect()
    }
}

impl CatalogueFiles {
    fn open(directory: &Path) -> anyhow::Result<Self> {
        let open = |layout| Source::open(directory, layout);
        Ok(Self {
            features: open(&features::LAYOUT)?,
            styles: open(&styles::LAYOUT)?,
            photos: open(&photos::LAYOUT)?,
            skus: open(&skus::LAYOUT)?,
            related: open(&related::LAYOUT)?,
            cart: match Form::of(directory, &cart::LAYOUT) {
                Form::Missing => None,
                _ => Some(open(&cart::LAYOUT)?),
            },
        })
    }
}

impl ReviewFiles {
    fn open(directory: &Path) -> anyhow::Result<Self> {
        let open = |layout| Source::open(directory, layout);
        Ok(Self {
            characteristics: open(&characteristics::LAYOUT)?,
            reviews_photos: open(&reviews_photos::LAYOUT)?,
            reviews: open(&reviews::LAYOUT)?,
            characteristic_reviews: open(&characteristic_reviews::LAYOUT)?,
        })
    }
}

impl QuestionFiles {
    fn open(directory: &Path) -> anyhow::Result<Self> {
        let open = |layout| Source::open(directory, layout);
        Ok(Self {
            questions: open(&questions::LAYOUT)?,
            answers_photos: open(&answers_photos::LAYOUT)?,
            answers: open(&answers::LAYOUT)?,
        })
    }
}

/// A set of a part of the files would replace a whole shop by a part of one, so that none may be
/// missing but the one that nobody reads. All that are missing are named at once.
fn check_missing(directory: &Path, services: Services) -> anyhow::Result<()> {
    let mut layouts = vec![&product::LAYOUT];
    for (is_loaded, of_service) in [
        (services.products, &CATALOGUE[..]),
        (services.reviews, &REVIEWS),
        (services.qa, &QUESTIONS),
    ] {
        layouts.extend(of_service.iter().filter(|_| is_loaded));
    }
    let missing = layouts.iter().filter(|layout| Form::of(directory, layout) == Form::Missing);
    let missing: Vec<_> = missing.map(|layout| layout.file).collect();
    let Some((first, others)) = missing.split_first() else { return Ok(()) };
    let mut others = others.join(", ");
    if !others.is_empty() {
        others = format!(", nor is there {others}");
    }
    bail!(
        "{first}: there is no such file in {}{others}; of a set's files only {} may be missing",
        directory.display(),
        cart::LAYOUT.file
    )
}
