//! Reviews over HTTP.

use crate::common::{Shop, cluster};

#[test]
fn a_sample_is_served() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    assert_eq!(shop.get("/reviews?product_id=1").json()["results"].as_array().unwrap().len(), 5);
}
