//! A small shop by hand: every kind of row, and one product with nothing.

use super::{Database, cluster};
use atelier_import::import::Report;

pub const PRODUCTS: &str = "\
id,name,slogan,description,category,default_price
1,\"Camo Onesie\",\"Blend in to your crowd\",\"The So Fatigues will wake you up\",\"Jackets\",140
2,\"Bright Future Sunglasses\",\"You've got to wear shades\",\"Where you're going\",\"Accessories\",69
3,\"Morning Joggers\",\"Make yourself a morning person\",\"Whether\",\"Pants\",40";

pub const REVIEWS: &str = "\
id,product_id,rating,date,summary,body,recommend,reported,reviewer_name,reviewer_email,response,helpfulness
1,1,5,1596080481467,\"This product was great!\",\"I really did, or did not \"\"like\"\" it\",true,false,\"funtime\",\"first.last@gmail.com\",null,8
2,1,4,1610178433963,\"This product was ok!\",\"I'm not\nsure\",false,false,\"mymainstreammother\",\"first.last@gmail.com\",\"Thanks!\",2
3,1,1,1609325851021,\"\",\"hi\",true,false,\"é\",\"e@mail.com\",null,8
4,1,2,1593628711851,\"Never\",\"reported one\",false,true,\"troll\",\"e@mail.com\",null,90
5,2,3,1609325851021,\"I am liking these glasses\",\"They are very dark\",true,false,\"bigbrotherbenjamin\",\"first.last@gmail.com\",null,5";

pub const PHOTOS: &str = "\
id,review_id,url
7,1,\"https://images.example/b\"
5,1,\"https://images.example/a?w=1&q=80\"
6,3,\"https://images.example/c\"";

pub const CHARACTERISTICS: &str = "\
id,product_id,name
1,1,\"Fit\"
2,1,\"Length\"
3,2,\"Quality\"";

pub const CHARACTERISTIC_REVIEWS: &str = "\
id,characteristic_id,review_id,value
1,1,1,4
2,1,2,3
3,1,3,4
4,3,5,4";

const FEATURES: &str = "\
id,product_id,feature,value
1,1,\"Fabric\",\"Canvas\"
2,1,\"UV Protection\",null
3,2,\"Lenses\",\"Ultra\"";

const STYLES: &str = "\
id,productId,name,sale_price,original_price,default_style
1,1,\"Forest Green & Black\",null,140,1
2,1,\"Desert \"\"Brown\"\" & Tan\",100,140,0
3,2,\"Black Lenses\",null,69,1";

const STYLE_PHOTOS: &str = "\
id,styleId,url,thumbnail_url
2,1,\"https://images.example/2?w=668\",\"https://images.example/2?w=300\"
1,1,\"uhttps://images.example/1\",\"https://images.example/1?w=300&q=80
3,2,\"https://images.example/3\",\"https://images.example/3t\"";

const SKUS: &str = "\
id,styleId,size,quantity
2,1,\"S\",16
1,1,\"XS\",8
3,1,\"XL\",15
4,1,\"XL\",4";

const RELATED: &str = "\
id,current_product_id,related_product_id
1,1,2
2,1,3
3,1,2
4,1,0
5,2,1";

const QUESTIONS: &str = "\
id,product_id,body,date_written,asker_name,asker_email,reported,helpful
1,1,\"What fabric is the top made of?\",1595884714409,\"yankeelover\",\"first.last@gmail.com\",0,1
2,1,\"HEY THIS IS A WEIRD QUESTION!!!!?\",1613888219613,\"jbilas\",\"first.last@gmail.com\",1,4
3,1,\"Does this \"\"run\"\" small?\",1608535907083,\"jbilas\",\"first.last@gmail.com\",0,8
4,1,\"How long does it last?\",1594341317010,\"funnygirl\",\"first.last@gmail.com\",0,1
5,2,\"Can I wash it?\",1590000000000,\"cleopatra\",\"first.last@gmail.com\",0,7";

const ANSWERS: &str = "\
id,question_id,body,date_written,answerer_name,answerer_email,reported,helpful
9,1,\"Supposedly suede\",1599958385988,\"sillyguy\",\"first.last@gmail.com\",0,1
8,1,\"DONT BUY IT, it's bad\",1590000000001,\"iluvdogz\",\"first.last@gmail.com\",0,5
10,1,\"reported one\",1590000000002,\"troll\",\"first.last@gmail.com\",1,50
5,3,\"Yes\",1590000000003,\"Seller\",\"null\",0,2
7,1,\"Its the best!\",1599958385988,\"é\",\"first.last@gmail.com\",0,1";

const ANSWERS_PHOTOS: &str = "\
id,answer_id,url
3,8,\"https://images.example/c\"
2,8,\"https://images.example/\"\"b\"\"\"
1,5,\"https://images.example/a\"";

/// Every file of the set but cart.csv, which may be missing.
const FILES: [(&str, &str); 13] = [
    ("product.csv", PRODUCTS),
    ("features.csv", FEATURES),
    ("styles.csv", STYLES),
    ("photos.csv", STYLE_PHOTOS),
    ("skus.csv", SKUS),
    ("related.csv", RELATED),
    ("reviews.csv", REVIEWS),
    ("reviews_photos.csv", PHOTOS),
    ("characteristics.csv", CHARACTERISTICS),
    ("characteristic_reviews.csv", CHARACTERISTIC_REVIEWS),
    ("questions.csv", QUESTIONS),
    ("answers.csv", ANSWERS),
    ("answers_photos.csv", ANSWERS_PHOTOS),
];

/// A database with these rows.
pub fn database() -> Database {
    let database = cluster().empty();
    atelier::schema::ensure(&database.target()).unwrap();
    let report = database.import(&FILES);
    let rejected: Vec<_> = report.files.iter().map(|file| (file.name, file.rejected)).collect();
    // The related id 0.
    assert_eq!(rejected.iter().map(|(_, rows)| rows).sum::<u64>(), 1, "{rejected:?}");
    database
}

/// Imports the rows again, one file with other content.
pub fn import_with(database: &Database, name: &str, content: &str) -> Report {
    let files = FILES.map(|file| if file.0 == name { (name, content) } else { file });
    database.import(&files)
}
