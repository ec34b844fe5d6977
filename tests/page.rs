//! What people look at, in a browser: the page of the shop against the replies of the API, and the
//! viewer of the interface.

mod driver;

use crate::common::{Shop, cluster, wait_until};
use driver::Browser;
use serde_json::Value;

const MARKUP: &str = "<img src=x onerror=alert(1)> & <b>bold</b>";

/// Whether the page has all that it asked for when it was loaded.
const DRAWN: &str = "document.querySelector('#shop').ariaBusy === 'false'";

/// Opens a path of the shop and waits for all that the page asks of it.
fn open(browser: &Browser, shop: &Shop<'_>, path: &str) {
    browser.open(&format!("http://{}{path}", shop.address));
    browser.wait_for(DRAWN);
}

/// No error on the console, nothing that failed on the page, and no request but to its own host.
fn is_clean(browser: &Browser) {
    assert_eq!(browser.console(), [""; 0]);
    assert_eq!(texts(browser, "[role=alert]"), [""; 0]);
    let requests = browser.run(
        "return performance.getEntriesByType('resource').map((entry) => new URL(entry.name))
             .map((url) => url.protocol === 'data:' ? location.origin : url.origin)",
    );
    let origin = browser.run("return location.origin");
    let requests = requests.as_array().unwrap();
    assert!(requests.len() > 2 && requests.iter().all(|from| *from == origin), "{requests:?}");
}

/// The texts of all such elements, shown or not.
fn texts(browser: &Browser, selector: &str) -> Vec<String> {
    let all = format!("return [...document.querySelectorAll(`{selector}`)].map((it) => ");
    let found = browser.run(&format!("{all} it.textContent)"));
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The ids of the reviews on the page, in its order.
fn reviews_shown(browser: &Browser) -> Value {
    browser.run(
        "return [...document.querySelectorAll('[data-review]')].map((it) => +it.dataset.review)",
    )
}

/// The ids of a product's reviews as the API lists them.
fn reviews_of(shop: &Shop<'_>, query: &str) -> Value {
    let reply = shop.get(&format!("/reviews?{query}")).json();
    reply["results"].as_array().unwrap().iter().map(|review| review["review_id"].clone()).collect()
}

/// A product whose first shown style is on sale, and that style.
fn product_on_sale(shop: &Shop<'_>) -> (i64, Value) {
    (1..1000)
        .find_map(|id| {
            let reply = shop.get(&format!("/products/{id}/styles")).json();
            let styles = reply["results"].as_array().unwrap();
            let style = styles.iter().find(|style| style["default?"] == true)?;
            style["sale_price"].is_string().then(|| (id, style.clone()))
        })
        .unwrap()
}

fn fill(browser: &Browser, form: &str, fields: &[(&str, &str)]) {
    for (name, text) in fields {
        browser.type_into(&format!("{form} [name={name}]"), text);
    }
    browser.click(&format!("{form} [type=submit]"));
}

#[test]
fn a_product_is_shown_as_the_api_has_it() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let browser = Browser::start();
    open(&browser, &shop, "/");
    let product = shop.get("/products/1").json();
    for key in ["name", "slogan", "category"] {
        assert_eq!(browser.text(&format!("#{key}")), product[key], "{key}");
    }
    assert_eq!(texts(&browser, "#description"), [product["description"].as_str().unwrap()]);
    assert_eq!(browser.text("#address"), format!("http://{}", shop.address));
    assert_eq!(browser.text("#data"), "Data is loaded.");
    let features = product["features"].as_array().unwrap();
    assert_eq!(texts(&browser, "#features dt").len(), features.len());
    let style = &shop.get("/products/1/styles").json()["results"][1];
    browser.click("#styles label:nth-child(2)");
    assert_eq!(browser.text("#style-name"), style["name"].as_str().unwrap());
    let photos = style["photos"].as_array().unwrap();
    assert_eq!(texts(&browser, "#thumbnails svg").len(), photos.len());
    assert_eq!(texts(&browser, "#sizes label").len(), style["skus"].as_object().unwrap().len());
    let related = shop.get("/products/1/related").json();
    assert_eq!(texts(&browser, "#related a").len(), related.as_array().unwrap().len());
    let ratings = shop.get("/reviews/meta?product_id=1").json();
    assert_eq!(
        texts(&browser, "#ratings li:first-child b"),
        [ratings["ratings"]["5"].as_str().unwrap()]
    );
    assert_eq!(texts(&browser, "#characteristics dt").len(), 4);

    browser.click("#sizes label:nth-child(2)");
    browser.click("#add-to-cart");
    browser.wait_for("document.querySelector('#cart-count').textContent === '1'");
    let sku = shop.get("/cart").json()[0]["sku_id"].to_string();
    assert_eq!(Some(&sku), style["skus"].as_object().unwrap().keys().nth(1));
    is_clean(&browser);

    let (id, style) = product_on_sale(&shop);
    open(&browser, &shop, &format!("/?product={id}"));
    let prices = texts(&browser, "#price s, #price ins");
    let expected = ["original_price", "sale_price"].map(|key| style[key].as_str().unwrap());
    assert_eq!(prices, expected.map(|price| format!("${price}")));
    browser.click("#neighbours a:last-child");
    let next = shop.get(&format!("/products/{}", id + 1)).json()["name"].to_string();
    browser.wait_for(&format!("document.querySelector('#name').textContent === {next}"));
    browser.wait_for(DRAWN);
    is_clean(&browser);
}

#[test]
fn an_id_that_no_product_has_is_told_in_the_servers_words() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let browser = Browser::start();
    open(&browser, &shop, "/?product=%3Cb%3E");
    assert_eq!(
        texts(&browser, "[role=alert]"),
        ["GET /products/%3Cb%3E: 404 Error: no product has this id"]
    );
}

#[test]
fn reviews_are_sorted_voted_for_and_written() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let browser = Browser::start();
    open(&browser, &shop, "/?product=1");
    for (place, sort) in [(2, "newest"), (3, "helpful"), (1, "relevant"), (2, "newest")] {
        browser.click(&format!("#sort option:nth-child({place})"));
        let expected = reviews_of(&shop, &format!("product_id=1&sort={sort}"));
        wait_until(sort, || reviews_shown(&browser) == expected);
    }
    browser.click("#reviews .more");
    let expected = reviews_of(&shop, "product_id=1&sort=newest&count=10");
    wait_until("the next page is shown", || reviews_shown(&browser) == expected);

    let vote = format!("[data-review='{}'] [data-vote=helpful]", expected[7]);
    let count: u32 = texts(&browser, &format!("{vote} b"))[0].parse().unwrap();
    let counted = (count + 1).to_string();
    browser.click(&vote);
    browser.wait_for(&format!("document.querySelector(`{vote} b`).textContent === '{counted}'"));
    assert_eq!(browser.run(&format!("return document.querySelector(`{vote}`).disabled")), true);
    is_clean(&browser);

    browser.click("#review-add summary");
    browser.click("#review-add [type=submit]");
    browser.wait_for("document.querySelector('#review-add [role=alert]')");
    assert_eq!(
        browser.text("#review-add [role=alert]"),
        "POST /reviews: 422 Error: Review body contains invalid entries"
    );
    // The browser complains of a status like that, too.
    assert_eq!(browser.console().len(), 1);
    browser.click("#review-add [name=rating][value='4']");
    browser.click("#review-add [name='1'][value='2']");
    browser.click("#review-add [name=recommend]");
    let fields =
        [("summary", MARKUP), ("body", MARKUP), ("name", MARKUP), ("email", "me@example.org")];
    fill(&browser, "#review-add", &fields);
    let is_listed =
        format!("document.querySelector('[data-review] h3')?.textContent === `{MARKUP}`");
    browser.wait_for(&is_listed);
    browser.wait_for("document.querySelector('#total').textContent === 'of 5, from 37 reviews'");
    assert_eq!(browser.run("return document.querySelector('#sort').value"), "newest");
    is_clean(&browser);

    open(&browser, &shop, "/?product=1");
    assert_eq!(browser.text("#total"), "of 5, from 37 reviews");
    browser.click("#sort option:nth-child(2)");
    browser.wait_for(&is_listed);
    browser.click("#reviews .more");
    browser.wait_for(&format!("document.querySelector(`{vote} b`)?.textContent === '{counted}'"));
    assert_eq!(texts(&browser, "[data-review] .body")[0], MARKUP);
    assert_eq!(browser.run("return document.images.length"), 0);
    is_clean(&browser);
}

#[test]
fn questions_are_asked_answered_and_voted_for() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let browser = Browser::start();
    open(&browser, &shop, "/?product=1");
    assert_eq!(texts(&browser, "[data-question]").len(), 5);
    browser.click("#question-add summary");
    let fields = [("body", MARKUP), ("name", "me"), ("email", "me@example.org")];
    fill(&browser, "#question-add", &fields);
    let shown = "[...document.querySelectorAll('[data-question]')]
        .find((it) => it.querySelector('h3').textContent.startsWith('<img'))?.dataset.question";
    browser.wait_for(shown);
    let id = browser.run(&format!("return Number({shown})"));
    let question = format!("[data-question='{id}']");

    browser.click(&format!("{question} summary"));
    let fields = [("body", "An answer\nof two lines"), ("name", "you"), ("email", "y@example.org")];
    fill(&browser, &question, &fields);
    browser.wait_for(&format!("document.querySelector(`{question} [data-answer]`)"));
    for of in [" > .votes", " [data-answer]"] {
        browser.click(&format!("{question}{of} [data-vote=helpful]"));
        let count = format!("{question}{of} [data-vote=helpful] b");
        browser.wait_for(&format!("document.querySelector(`{count}`).textContent === '1'"));
    }
    is_clean(&browser);

    open(&browser, &shop, "/?product=1");
    let listed = shop.get("/qa/questions?product_id=1&count=100").json();
    let listed = listed["results"].as_array().unwrap().iter();
    let place = listed.take_while(|it| it["question_id"] != id).count();
    for _ in 0..place / 5 {
        browser.click("#questions .more");
    }
    browser.wait_for(&format!("document.querySelector(`{question}`)"));
    let counts = texts(&browser, &format!("{question} [data-vote=helpful] b"));
    assert_eq!(counts, ["1", "1"]);
    let bodies = texts(&browser, &format!("{question} h3, {question} .body"));
    assert_eq!(bodies, [MARKUP, "An answer\nof two lines"]);
    browser.click(&format!("{question} [data-answer] [data-vote=report]"));
    browser.wait_for(&format!(
        "document.querySelector(`{question} [data-answer] [data-vote=report]`)
        .textContent === 'Reported'"
    ));
    is_clean(&browser);
}

#[test]
fn an_empty_database_is_told_and_how_to_fill_it() {
    let database = cluster().empty();
    atelier::schema::ensure(&database.target()).unwrap();
    let shop = Shop::of(&database);
    let browser = Browser::start();
    open(&browser, &shop, "/");
    assert_eq!(browser.text("#data"), "No data is loaded.");
    assert!(browser.text("#empty").contains("atelier import DIR"));
    assert_eq!(browser.text("#product"), "");
    is_clean(&browser);
}

#[test]
fn the_interface_is_shown_by_its_viewer() {
    let database = cluster().empty();
    atelier::schema::ensure(&database.target()).unwrap();
    let shop = Shop::of(&database);
    let browser = Browser::start();
    browser.open(&format!("http://{}/docs", shop.address));
    let interface = shop.get("/openapi.json").json();
    let title = &interface["info"]["title"];
    browser.wait_for(&format!(
        "document.querySelector('.info .title')?.textContent.includes({title})"
    ));
    let methods = ["get", "head", "put", "post", "delete", "options"];
    let paths = interface["paths"].as_object().unwrap().values();
    let operations: usize = paths
        .map(|path| methods.iter().filter(|method| path.get(**method).is_some()).count())
        .sum();
    browser.wait_for(&format!("document.querySelectorAll('.opblock').length === {operations}"));
    is_clean(&browser);
}
