//! Random sets, in the files' usual order and shuffled, against a recount that knows no shortcuts.

use crate::database::{Database, Tables};
use crate::fixture::{Files, Set, of_file};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Review ids go up by this, so that a thousand reviews lie in many partitions.
const ID_STEP: usize = 700;

/// Lines of each file without the headers, in the order of their ids.
struct Lines {
    product: Vec<String>,
    characteristics: Vec<String>,
    reviews_photos: Vec<String>,
    reviews: Vec<String>,
    characteristic_reviews: Vec<String>,
    questions: Vec<String>,
    answers_photos: Vec<String>,
    answers: Vec<String>,
}

impl Lines {
    fn random(random: &mut Rng) -> Self {
        let products = 60;
        let characteristics = 150;
        let mut lines = Self {
            product: (1..=products).map(|id| format!("{id},p{id},,,,{id}")).collect(),
            characteristics: Vec::new(),
            reviews_photos: Vec::new(),
            reviews: Vec::new(),
            characteristic_reviews: Vec::new(),
            questions: Vec::new(),
            answers_photos: Vec::new(),
            answers: Vec::new(),
        };
        for id in 1..=characteristics {
            // Some products have none, and the products without are not known beforehand.
            let name = ["Fit", "Size", "Width"][random.usize(..3)];
            lines.characteristics.push(format!("{id},{},{name}", random.usize(1..=products)));
        }
        let mut product = 1;
        for review in (1..1000).map(|place| place * ID_STEP) {
            product += usize::from(random.usize(..18) == 0 && product < products);
            let (rating, recommend) = (random.usize(1..=5), random.bool());
            lines.reviews.push(format!(
                "{review},{product},{rating},1596080481467,s,\"body\nof {review}\",{recommend},\
                 {},n,e,null,{}",
                random.bool(),
                random.usize(..30),
            ));
            for _ in 0..random.usize(..3) {
                let id = lines.reviews_photos.len() + 1;
                lines.reviews_photos.push(format!("{id},{review},https://{id}"));
            }
            for _ in 0..random.usize(..5) {
                let id = lines.characteristic_reviews.len() + 1;
                let (of, value) = (random.usize(1..=characteristics), random.usize(1..=5));
                lines.characteristic_reviews.push(format!("{id},{of},{review},{value}"));
            }
        }
        lines.add_questions(random);
        lines
    }

    /// Questions in the order of products, and answers that are not in the order of questions.
    fn add_questions(&mut self, random: &mut Rng) {
        let (questions, products) = (400, self.product.len());
        for id in 1..=questions {
            let product = 1 + (id - 1) * products / questions;
            self.questions.push(format!("{id},{product},question {id},1596080481467,n,e,0,{id}"));
        }
        for place in 1..1000 {
            let near = place * questions / 1000 + random.usize(1..10);
            let (answer, question) = (place * ID_STEP, near.min(questions));
            self.answers.push(format!(
                "{answer},{question},\"answer\n{answer}\",1596080481467,n,e,{},0",
                random.usize(..2)
            ));
            for _ in 0..random.usize(..3) {
                let id = self.answers_photos.len() + 1;
                self.answers_photos.push(format!("{id},{answer},https://{id}"));
            }
        }
    }

    fn shuffle(&mut self, random: &mut Rng) {
        random.shuffle(&mut self.product);
        random.shuffle(&mut self.characteristics);
        random.shuffle(&mut self.reviews_photos);
        random.shuffle(&mut self.reviews);
        random.shuffle(&mut self.characteristic_reviews);
        random.shuffle(&mut self.questions);
        random.shuffle(&mut self.answers_photos);
        random.shuffle(&mut self.answers);
    }

    fn files(&self) -> Files {
        let mut files = Files::small();
        for (name, lines) in [
            ("product.csv", &self.product),
            ("characteristics.csv", &self.characteristics),
            ("reviews_photos.csv", &self.reviews_photos),
            ("reviews.csv", &self.reviews),
            ("characteristic_reviews.csv", &self.characteristic_reviews),
            ("questions.csv", &self.questions),
            ("answers_photos.csv", &self.answers_photos),
            ("answers.csv", &self.answers),
        ] {
            files.replace(name, lines);
        }
        files
    }

    fn import(&self) -> Tables {
        let mut database = Database::default();
        let report = Set::of(&self.files()).import(&mut database).unwrap();
        for (name, lines) in [
            ("reviews.csv", &self.reviews),
            ("reviews_photos.csv", &self.reviews_photos),
            ("questions.csv", &self.questions),
            ("answers.csv", &self.answers),
            ("answers_photos.csv", &self.answers_photos),
        ] {
            assert_eq!(of_file(&report, name).loaded, lines.len() as u64, "{name}");
        }
        assert!(!database.was_asked("cluster"), "the importer's own buffer is enough");
        let tables = database.serving.unwrap();
        // The columns of each table's key.
        for (table, columns) in
            [("reviews", &[1, 2][..]), ("questions", &[1, 2]), ("answers", &[1, 2, 3])]
        {
            let key = |row: &String| {
                let fields: Vec<_> = row.split('|').collect();
                columns.iter().map(|column| fields[*column].parse().unwrap()).collect()
            };
            let keys: Vec<Vec<i32>> = tables[table].iter().map(key).collect();
            assert!(keys.is_sorted(), "{table}");
        }
        tables
    }

    /// `review_meta` counted from the lines, a product at a time.
    fn recount(&self) -> Vec<String> {
        let split = |line: &String| line.split(',').map(str::to_owned).collect::<Vec<_>>();
        let mut meta = Vec::new();
        for id in 1..=self.product.len() {
            let mut line = id.to_string();
            let of_product: Vec<_> =
                self.reviews.iter().map(split).filter(|row| row[1] == id.to_string()).collect();
            for rating in 1..=5 {
                let count = of_product.iter().filter(|row| row[2] == rating.to_string()).count();
                write!(line, "|{count}").unwrap();
            }
            for recommend in ["false", "true"] {
                let count = of_product.iter().filter(|row| row[6] == recommend).count();
                write!(line, "|{count}").unwrap();
            }
            let mut cells: BTreeMap<usize, [String; 4]> = BTreeMap::new();
            for row in self.characteristics.iter().map(split) {
                if row[1] != id.to_string() {
                    continue;
                }
                let values = self.characteristic_reviews.iter().map(split);
                let values = values.filter(|value| value[1] == row[0]);
                let values: Vec<u64> = values.map(|value| value[3].parse().unwrap()).collect();
                let (sum, count) = (values.iter().sum::<u64>(), values.len());
                let cell = [row[0].clone(), row[2].clone(), sum.to_string(), count.to_string()];
                cells.insert(row[0].parse().unwrap(), cell);
            }
            for column in 0..4 {
                let cells: Vec<_> = cells.values().map(|cell| cell[column].clone()).collect();
                write!(line, "|{{{}}}", cells.join(",")).unwrap();
            }
            meta.push(line);
        }
        meta
    }
}

fn sorted(mut tables: Tables) -> Tables {
    tables.values_mut().for_each(|rows| rows.sort());
    tables
}

#[test]
fn shuffled_files_become_the_same_tables() {
    let mut random = Rng::with_seed(7);
    let mut lines = Lines::random(&mut random);
    let tables = lines.import();
    assert_eq!(tables["review_meta"], lines.recount());
    let with_photos = tables["reviews"].iter().filter(|row| row.ends_with(']')).count();
    assert!(with_photos > 500, "{with_photos}");
    let with_photos = tables["answers"].iter().filter(|row| row.ends_with('}')).count();
    assert!(with_photos > 500, "{with_photos}");
    let in_order = sorted(tables);
    for _ in 0..3 {
        lines.shuffle(&mut random);
        let tables = lines.import();
        assert_eq!(tables["review_meta"], lines.recount());
        assert!(sorted(tables) == in_order);
    }
    lines.reviews.sort_by_key(|line| std::cmp::Reverse(line.clone()));
    lines.answers.sort_by_key(|line| std::cmp::Reverse(line.clone()));
    assert!(sorted(lines.import()) == in_order);
}

#[test]
fn tables_are_clustered_where_rows_lie_too_far_from_their_place() {
    // Forty rows of nearly 1 MiB each, from the last to the first.
    let body = "x".repeat((1 << 20) - 1);
    let ids = || (1..=40).rev();
    let review = |id| format!("{id},1,5,1546300800,s,{body},true,false,n,e,,0");
    let post = |id| format!("{id},1,{body},1546300800,n,e,0,0");
    let mut files = Files::small();
    for name in ["characteristic_reviews.csv", "reviews_photos.csv", "answers_photos.csv"] {
        files.replace(name, &[]);
    }
    files.replace("reviews.csv", &ids().map(review).collect::<Vec<_>>());
    files.replace("answers.csv", &ids().map(post).collect::<Vec<_>>());
    let mut database = Database::default();
    Set::of(&files).import(&mut database).unwrap();
    assert!(database.was_asked("cluster reviews using reviews_pkey"));
    assert!(database.was_asked("cluster answers using answers_pkey"));
    assert!(!database.was_asked("cluster questions"));
    for table in ["reviews", "answers"] {
        assert_eq!(database.serving(table).len(), 40, "{table}");
    }

    // Those that come a few rows early or late need no help.
    let mut near: Vec<i32> = (1..=40).collect();
    near.chunks_mut(8).for_each(<[i32]>::reverse);
    files.replace("reviews.csv", &near.iter().copied().map(review).collect::<Vec<_>>());
    files.replace("answers.csv", &near.into_iter().map(post).collect::<Vec<_>>());
    let mut database = Database::default();
    Set::of(&files).import(&mut database).unwrap();
    assert!(!database.was_asked("cluster"));
}
