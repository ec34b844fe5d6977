//! The odd and the bad rows of the catalogue's files.

use crate::database::Database;
use crate::fixture::{Files, Set, add, changed};

#[test]
fn headers_of_every_generation_are_right() {
    let mut files = Files::small();
    for (name, header) in [
        ("styles.csv", "\u{feff}id, product_id, name, sale_price, original_price, default_style\r"),
        ("photos.csv", "\"id\",\"style_id\",\"url\",\"thumbnail_url\""),
        ("skus.csv", "ID, styleID, Size, Quantity"),
        ("questions.csv", "id,productId,body,dateWritten,askerName,askerEmail,reported,helpful"),
    ] {
        let file = files.named(name);
        let rows = file.split_once('\n').unwrap().1;
        *file = format!("{header}\n{rows}");
    }
    let (mut database, mut expected) = (Database::default(), Database::default());
    let report = Set::of(&files).import(&mut database).unwrap();
    assert_eq!(changed(&report), Vec::<String>::new());
    Set::of(&Files::small()).import(&mut expected).unwrap();
    assert_eq!(database.serving, expected.serving);
}

#[test]
fn odd_forms_are_read_and_what_is_unreadable_is_left_empty() {
    let mut files = Files::small();
    add(
        &mut files.styles,
        &[
            "4,2,\"Gold\",\"$1,099.50\",\"$1,200\",TRUE",
            "5,2,null,\"\",free,f",
            " 6 , 2 ,\"Two \"\"tone\"\"\", 7.999 ,140.00,\"0\"",
        ],
    );
    add(
        &mut files.skus,
        &["4,3,\"7.5\",many", "5,3,null,-1", "6,3,XXL,\"16\"", "7,3,\"null\",\"\""],
    );
    add(&mut files.features, &["4,2,Lens,\"null\"", "5,2,\"Cut, \"\"Slim\"\"\",null"]);
    add(&mut files.cart, &["3,0,1,T", "4,2147483647,1,false"]);
    let set = Set::of(&files);
    let mut database = Database::default();
    let report = set.import(&mut database).unwrap();
    assert_eq!(
        changed(&report),
        ["features.csv 5 0 0 5", "styles.csv 6 2 0 6", "skus.csv 7 2 0 7", "cart.csv 4 0 0 4",]
    );
    assert_eq!(
        report.repairs,
        [
            ("missing text left empty", 1),
            ("price rounded to cents or, unreadable, left empty", 2),
            ("unreadable quantity left empty", 2),
        ]
    );
    assert_eq!(
        database.serving("styles")[3..],
        ["120000|109950|2|4|true|Gold", "NULL|NULL|2|5|false|", "14000|800|2|6|false|Two \"tone\"",]
    );
    assert_eq!(
        database.serving("skus")[3..],
        ["2|3|4|NULL|7.5", "2|3|5|NULL|NULL", "2|3|6|16|XXL", "2|3|7|NULL|null"]
    );
    assert_eq!(database.serving("features")[3..], ["2|4|Lens|null", "2|5|Cut, \"Slim\"|NULL"]);
    assert_eq!(database.serving("legacy_carts")[2..], ["1|3|0|true", "1|4|2147483647|false"]);
}

#[test]
fn thumbnails_left_open_and_addresses_that_are_none_are_loaded_as_they_are() {
    let long = format!("data:image/jpeg;base64,{}", "A".repeat(1 << 19));
    for line_end in ["\n", "\r\n"] {
        let mut files = Files::small();
        let lines = [
            "id,styleId,url,thumbnail_url",
            "5,1,\"https://a\",\"https://left-open",
            "4,1,\"https://b\",\"https://left-open-too",
            "6,1,\"uhttps://c\",\"\"",
            &format!("7,1,\"{long}\",\"{long}"),
            "9,1,\"https://d\",null",
            "8,3,\"https://e\",\"https://the-last-one",
        ];
        files.photos = lines.join(line_end);
        let set = Set::of(&files);
        let mut database = Database::default();
        let report = set.import(&mut database).unwrap();
        assert_eq!(changed(&report), ["photos.csv 6 4 0 6"]);
        assert_eq!(report.repairs, [("broken quotes", 4)]);
        assert_eq!(
            database.serving("style_photos"),
            [
                "1|1|5|https://a|https://left-open",
                "1|1|4|https://b|https://left-open-too",
                "1|1|6|uhttps://c|NULL",
                &format!("1|1|7|{long}|{long}"),
                "1|1|9|https://d|NULL",
                "2|3|8|https://e|https://the-last-one",
            ]
        );
    }
}

#[test]
fn rows_that_cannot_be_loaded_are_written_down_with_their_reason() {
    let mut files = Files::small();
    add(&mut files.features, &["1,2,Again,x", "4,77,Orphan,x", "5,2,\"too few\""]);
    add(
        &mut files.styles,
        &["1,2,Again,null,1,1", "8,77,Orphan,null,1,1", "9,1,Default,null,1,perhaps"],
    );
    // The last two styles were rejected, and take with them what was theirs.
    add(&mut files.photos, &["4,1,Again,x", "7,8,Orphan,x", "8,9,Orphan,x"]);
    add(&mut files.skus, &["3,1,Again,1", "7,8,Orphan,1", "x,1,No id,1"]);
    add(&mut files.related, &["1,2,3", "4,1,0", "5,0,1", "6,1,77", "7,77,1", "8,1,2", "9,1,-1"]);
    add(&mut files.cart, &["1,5,1,1", "3,5,77,1", "4,none,1,1", "5,5,1,2"]);
    let set = Set::of(&files);
    let mut database = Database::default();
    let report = set.import(&mut database).unwrap();
    assert_eq!(
        changed(&report),
        [
            "features.csv 6 0 3 3",
            "styles.csv 6 0 3 3",
            "photos.csv 6 0 3 3",
            "skus.csv 6 0 3 3",
            "related.csv 10 0 6 4",
            "cart.csv 6 0 4 2",
        ]
    );
    assert_eq!(
        set.rejects(),
        [
            "features.csv|5|id|1 is the id of an earlier row",
            "features.csv|6|product_id|no product has the id 77",
            "features.csv|7||3 fields where 4 are expected",
            "styles.csv|5|id|1 is the id of an earlier row",
            "styles.csv|6|productId|no product has the id 77",
            "styles.csv|7|default_style|\"perhaps\" is not true or false",
            "photos.csv|5|id|4 is the id of an earlier row",
            "photos.csv|6|styleId|no style has the id 8",
            "photos.csv|7|styleId|no style has the id 9",
            "skus.csv|5|id|3 is the id of an earlier row",
            "skus.csv|6|styleId|no style has the id 8",
            "skus.csv|7|id|\"x\" is not 1..=2000000000",
            "related.csv|5|id|1 is the id of an earlier row",
            "related.csv|6|related_product_id|0 names no product",
            "related.csv|7|current_product_id|0 names no product",
            "related.csv|8|related_product_id|no product has the id 77",
            "related.csv|9|current_product_id|no product has the id 77",
            "related.csv|11|related_product_id|\"-1\" is not 1..=2000000000",
            "cart.csv|4|id|1 is the id of an earlier row",
            "cart.csv|5|product_id|no product has the id 77",
            "cart.csv|6|user_session|\"none\" is not 0..=2147483647",
            "cart.csv|7|active|\"2\" is not true or false",
        ]
    );
    // A pair may come twice under two ids.
    assert_eq!(database.serving("related_products")[3..], ["1|8|2"]);
    let mut clean = Database::default();
    Set::of(&Files::small()).import(&mut clean).unwrap();
    for table in ["features", "styles", "style_photos", "skus", "legacy_carts"] {
        assert_eq!(database.serving(table), clean.serving(table), "the good rows are as if alone");
    }
}
