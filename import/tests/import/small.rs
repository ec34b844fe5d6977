//! The small set: three products and a little of everything, every file well formed and in its
//! order. As in the real set, no file ends with a line end; the one that each begins with here is
//! taken off.

pub const PRODUCT: &str = r#"
id,name,slogan,description,category,default_price
1,"Camo Onesie","Blend in","So, ""warm""","Jackets",140
2,"Shades","","","Accessories",69
3,"Boots","No review yet","","Kicks",null"#;

pub const FEATURES: &str = r#"
id,product_id,feature,value
1,1,"Fabric","Canvas"
2,1,"Buttons",null
3,2,null,"Anti-glare""#;

pub const STYLES: &str = r#"
id,productId,name,sale_price,original_price,default_style
1,1,"Forest Green & Black",null,140,1
2,1,"Desert, Brown",35.5,140,0
3,2,"Black Lenses",null,69,1"#;

pub const PHOTOS: &str = r#"
id,styleId,url,thumbnail_url
1,1,"https://a?w=668&q=80","https://a?w=300&q=80"
2,1,"uhttps://b","https://b-small"
4,3,"https://c",null"#;

pub const SKUS: &str = r#"
id,styleId,size,quantity
1,1,"XS",8
2,1,"S",0
3,3,null,null"#;

pub const RELATED: &str = "
id,current_product_id,related_product_id
1,1,2
2,1,3
3,2,1";

pub const CART: &str = "
id,user_session,product_id,active
1,3232,1,1
2,3232,2,0";

pub const CHARACTERISTICS: &str = r#"
id,product_id,name
1,1,"Fit"
2,1,"Length"
3,2,"Quality""#;

pub const REVIEWS_PHOTOS: &str = r#"
id,review_id,url
5,1,"https://b"
4,1,"https://a"
6,3,"https://c""#;

pub const REVIEWS: &str = r#"
id,product_id,rating,date,summary,body,recommend,reported,reviewer_name,reviewer_email,response,helpfulness
1,1,5,1596080481467,"Great!","Two
lines",true,false,"funtime","f@x",null,8
2,1,4,1610178433963,"","Ok",false,true,"mymainstreammother","m@x","Thanks",2
3,2,4,1609325851021,"Liking","Dark",true,false,"bigbrother","b@x","",5"#;

pub const CHARACTERISTIC_REVIEWS: &str = "
id,characteristic_id,review_id,value
1,1,1,4
2,2,1,3
3,1,2,5
4,3,3,1";

pub const QUESTIONS: &str = r#"
id,product_id,body,date_written,asker_name,asker_email,reported,helpful
1,1,"What fabric is it made of?",1596080481467,"yankeelover","y@x",0,1
2,1,"WEIRD QUESTION!!",1613888219613,"jbilas","j@x",1,4
3,2,"Dark?",2019-01-01,"cleopatra","c@x",0,0"#;

pub const ANSWERS_PHOTOS: &str = r#"
id,answer_id,url
2,3,"https://d"
1,3,"https://e"
3,4,"https://f""#;

pub const ANSWERS: &str = r#"
id,question_id,body,date_written,answerer_name,answerer_email,reported,helpful
1,1,"Suede, but synthetic",1596080481467,"sillyguy","s@x",0,1
3,1,"Canvas",1610178433963,"Seller","null",1,0
4,3,"Very",2019-01-01,"metslover","m@x",0,7"#;
