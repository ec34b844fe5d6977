// The page of the shop, drawn through the public API and nothing else. What the API says goes into
// the page as text, never as markup; nothing is asked of any other host, so photos are drawings.

const PAGE_ROWS = 5;
const find = (id) => document.getElementById(id);
const sum = (numbers) => numbers.reduce((total, number) => total + Number(number), 0);

// What the reply says; whatever is no success is thrown as a sentence.
async function api(method, path, content) {
  const failed = (why) => new Error(`${method} ${path.split("?")[0]}: ${why}`);
  const headers = { "Content-Type": "application/json" };
  const reply = await fetch(path, { method, headers, body: JSON.stringify(content) })
    .catch((error) => { throw failed(`no reply (${error.message})`); });
  const text = await reply.text();
  if (!reply.ok) throw failed(`${reply.status} ${text}`);
  return method === "GET" ? JSON.parse(text) : text;
}

// Does the work, and says at the end of that place of the page what went wrong. A button waits
// meanwhile, and for good where the work says that it is used up.
async function attempt(place, work, button = {}) {
  place.querySelector(":scope > [role=alert]")?.remove();
  button.disabled = true;
  const fail = (error) => place.append(make("p", { role: "alert" }, error.message));
  button.disabled = Boolean(await work().catch(fail));
}

// make("p.quiet", { title: "t", data: { name: "v" } }, ...children), also without properties.
function make(kind, ...children) {
  const [tag, className = ""] = kind.split(".");
  const { data, ...properties } = children[0]?.constructor === Object ? children.shift() : {};
  const made = Object.assign(document.createElement(tag), { className, ...properties });
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

const link = ({ id, name }, lead = "") => make("a", { href: `?product=${id}` }, lead + name);
const stars = (rating) => make("span.stars", { role: "img", ariaLabel: `${rating} of 5 stars` },
  "★".repeat(Math.round(rating)).padEnd(5, "☆"));
const bar = (part) => make("i.bar", { style: `--part: ${part}` });
// One of several: a radio button that looks like its label.
const choice = (name, value, state, ...label) =>
  make("label.choice", make("input", { type: "radio", name, value, ...state }), make("span", ...label));

const byline = (name, date) => make("p.quiet", `${name}, `, make("time", { dateTime: date },
  new Date(date).toLocaleDateString("en", { dateStyle: "long", timeZone: "UTC" })));

// What browsers call otherwise, or not at all.
const PAINTS = {
  black: "#26241f", burgundy: "#6e1f35", charcoal: "#3c4147", chestnut: "#7b4a36", cobalt: "#2a4fa0",
  "forest green": "#2f5d43", mustard: "#c9992e", navy: "#26355c", "off-white": "#eae4d6",
  "rosé": "#d9a3a0", rust: "#a94f2a", sand: "#cdb891", "sky blue": "#93bcd8", slate: "#5d6d7b",
};

// The one or two colours of a name; of an unknown name any, but always the same.
function paints(names) {
  const [first, second = first] = names.toLowerCase().split("&").map((name) => name.trim());
  return [first, second].map((name) => {
    const known = PAINTS[name] ?? name.replaceAll(" ", "");
    const hue = [...name].reduce((hash, char) => (hash * 31 + char.codePointAt(0)) % 360, 7);
    return CSS.supports("color", known) ? known : `hsl(${hue} 35% 55%)`;
  });
}

// What stands in for a photo, by the names of its colours and its number; 0 where there is none.
function drawing(names, number) {
  const [first, second] = paints(names);
  const what = number ? `photo ${number}` : "no photo";
  const shape = (tag, attributes, ...children) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const card = (turn, fill, opacity) => shape("rect", { x: 75, y: 85, width: 150, height: 190, rx: 14,
    fill, opacity, transform: `rotate(${turn} 150 180)` });
  return shape("svg", { viewBox: "0 0 300 360", role: "img", "aria-label": `${names}, ${what}` },
    shape("rect", { width: 300, height: 360, fill: `color-mix(in oklab, ${first} 20%, #f3efe8)` }),
    card(number * 38 + 20, second, 0.55), card(number * 38 - 8, first, 0.92),
    shape("text", { x: 20, y: 340, fill: "#26241f", "font-size": 16 }, what));
}

const drawings = (urls) => make("div.pictures", ...urls.map((url, index) => drawing(url, index + 1)));

function showProduct(product, styles) {
  document.title = `${product.name} – Atelier`;
  for (const key of ["category", "name", "slogan", "description"]) find(key).textContent = product[key];
  find("features").replaceChildren(...product.features.flatMap(({ feature, value }) =>
    [make("dt", feature ?? "–"), make("dd", value ?? "yes")]));
  // A product without a style has nothing to choose, and its own price.
  const shown = styles.find((style) => style["default?"]) ?? styles[0]
    ?? { name: "none", original_price: product.default_price, photos: [], skus: {} };
  find("styles").replaceChildren(...styles.map((style) => {
    const swatch = `background: linear-gradient(135deg, ${paints(style.name).join(" 50%, ")} 0)`;
    return choice("style", style.style_id, { checked: style === shown, onchange: () => showStyle(style) },
      make("i.swatch", { style: swatch }), style.name);
  }));
  showStyle(shown);
}

function showStyle({ name, original_price: price, sale_price: sale, photos, skus }) {
  find("style-name").textContent = name;
  find("price").replaceChildren(...(sale ? [make("s", `$${price}`), make("ins", `$${sale}`)] : [`$${price}`]));
  const thumbnails = photos.filter(({ url }) => url).map((_, index) =>
    make("button", { type: "button", onclick: () => show(index + 1) }, drawing(name, index + 1)));
  const show = (number) => {
    find("photo").replaceChildren(drawing(name, number));
    thumbnails.forEach((button, index) => { button.ariaPressed = String(index + 1 === number); });
  };
  find("thumbnails").replaceChildren(...thumbnails);
  show(thumbnails.length && 1);
  // A style without skus comes with one that is null, and has none in stock.
  const first = Object.keys(skus).find((sku) => skus[sku].quantity > 0);
  find("sizes").replaceChildren(...Object.entries(skus).map(([sku, { size, quantity }]) =>
    choice("sku", sku, { checked: sku === first, disabled: !(quantity > 0) },
      size ?? "none", make("small", `${quantity ?? 0} left`))));
  find("add-to-cart").disabled = !first;
}

const showCart = async () =>
  find("cart-count").replaceChildren(sum((await api("GET", "/cart")).map(({ count }) => count)));

async function showRelated(id) {
  const ids = new Set(await api("GET", `/products/${id}/related`));
  const products = await Promise.all([...ids].map((related) => api("GET", `/products/${related}`)));
  find("related").replaceChildren(...products.map((product) =>
    make("li", link(product), make("small", `$${product.default_price}`))));
}

// Ids count up from the first product's, so that an id tells its place in the list.
async function showNeighbours(place) {
  const at = (page) => page > 0 ? api("GET", `/products?page=${page}&count=1`) : [];
  const [[previous], [next]] = await Promise.all([at(place - 1), at(place + 1)]);
  find("neighbours").replaceChildren(
    previous ? link(previous, "← ") : "", make("span"), next ? link(next, "→ ") : "");
}

// A list that grows by a page with its button. The function it gives shows it anew, as many pages
// as there were or are asked for.
function listOf(section, path, draw) {
  const [list, more] = [section.querySelector(".list"), section.querySelector(".more")];
  let shown = 1, turn = 0;
  const load = async (page, pages) => {
    const mine = ++turn;
    const { results } = await api("GET", `${path()}&page=${page}&count=${pages * PAGE_ROWS}`);
    if (mine !== turn) return; // Another page or order was asked for meanwhile.
    if (page === 1) list.replaceChildren();
    list.append(...results.map(draw));
    shown = page + pages - 1;
    more.hidden = results.length < pages * PAGE_ROWS;
  };
  more.onclick = () => attempt(section, () => load(shown + 1, 1), more);
  return (pages = shown) => load(1, pages);
}

// Votes of this page load: each is given once, also when its list is drawn again.
const votes = new Set();
function voting(path, count) {
  const shown = make("b", String(count));
  const buttons = [["helpful", "Helpful ", shown], ["report", "Report"]].map(([vote, ...label]) => {
    const given = `${path}/${vote}`;
    const button = make("button", { type: "button", disabled: votes.has(given), data: { vote } }, ...label);
    button.onclick = () => attempt(place, async () => {
      await api("PUT", given);
      if (vote === "helpful") shown.textContent = String(count + 1);
      else button.textContent = "Reported";
      return votes.add(given);
    }, button);
    return button;
  });
  const place = make("div.votes", ...buttons);
  return place;
}

// A form with text, name and email, and more fields before them, in the `details` that opens it.
// What it holds is for the server to judge: it is sent as it is.
function addForm(details, path, content, then, ...fields) {
  const button = make("button", { type: "submit" }, "Send");
  const form = make("form", { noValidate: true }, ...fields,
    make("label", "Text", make("textarea", { name: "body", rows: 4 })),
    make("label", "Name", make("input", { name: "name", autocomplete: "nickname" })),
    make("label", "Email", make("input", { name: "email", type: "email", autocomplete: "email" })), button);
  form.onsubmit = (event) => {
    event.preventDefault();
    attempt(form, async () => {
      const data = new FormData(form);
      await api("POST", path, { ...Object.fromEntries(data), ...content(data) });
      form.reset();
      await then();
      details.open = false;
    }, button);
  };
  details.append(form);
  return details;
}

const scale = (name, legend) => make("fieldset", make("legend", legend),
  ...["1", "2", "3", "4", "5"].map((step) => choice(name, step, {}, step)));

async function showMeta(id) {
  const { ratings, recommended, characteristics } = await api("GET", `/reviews/meta?product_id=${id}`);
  const total = sum(Object.values(ratings));
  const points = sum(Object.entries(ratings).map(([rating, count]) => rating * count));
  const average = (points / total).toFixed(1);
  find("average").textContent = total ? average : "–";
  find("total").textContent = `of 5, from ${total} ${total === 1 ? "review" : "reviews"}`;
  find("stars").replaceChildren(...(total ? [stars(average), ` ${average}`] : ["No reviews yet"]));
  find("ratings").replaceChildren(...["5", "4", "3", "2", "1"].map((rating) => make("li",
    `${rating} ★`, bar((ratings[rating] ?? 0) / (total || 1)), make("b", ratings[rating] ?? "0"))));
  find("recommended").textContent = `${recommended.true ?? 0} recommend it.`;
  find("characteristics").replaceChildren(...Object.entries(characteristics).flatMap(([name, { value }]) =>
    [make("dt", name), make("dd", bar(value / 5), value ? Number(value).toFixed(2) : "not rated")]));
  return characteristics;
}

function addReviewForm(id, characteristics, then) {
  const content = (data) => ({
    product_id: id, photos: [], recommend: data.has("recommend"),
    characteristics: Object.fromEntries([...data].filter(([name]) => Number(name))),
  });
  addForm(find("review-add"), "/reviews", content, then, scale("rating", "Stars"),
    ...Object.entries(characteristics).map(([name, { id: key }]) => scale(String(key), name)),
    make("label", make("input", { type: "checkbox", name: "recommend" }), " I recommend this product"),
    make("label", "Summary", make("input", { name: "summary" })));
}

const drawReview = (review) => make("li", { data: { review: review.review_id } },
  stars(review.rating), make("h3", review.summary), byline(review.reviewer_name, review.date),
  make("p.body", review.body), drawings(review.photos.map(({ url }) => url)),
  review.recommend ? make("p.quiet", "✓ Recommends this product") : "",
  review.response ? make("blockquote", make("b", "The shop: "), review.response) : "",
  voting(`/reviews/${review.review_id}`, review.helpfulness));
const drawAnswer = (answer) => make("li", { data: { answer: answer.id } },
  make("p.body", answer.body), drawings(answer.photos), byline(answer.answerer_name, answer.date),
  voting(`/qa/answers/${answer.id}`, answer.helpfulness));
const drawQuestion = (question, path, again) => make("li", { data: { question: question.question_id } },
  make("h3", question.question_body), byline(question.asker_name, question.question_date),
  voting(path, question.question_helpfulness),
  make("ol.answers", ...Object.values(question.answers).map(drawAnswer)),
  addForm(make("details", make("summary", "Answer")), `${path}/answers`, () => ({}), again));

async function showShop() {
  find("address").textContent = location.origin;
  const [first] = await api("GET", "/products?count=1");
  find("data").textContent = first ? "Data is loaded." : "No data is loaded.";
  find("empty").hidden = Boolean(first);
  if (!first) return;
  const asked = encodeURIComponent(new URLSearchParams(location.search).get("product") || first.id);
  const product = await api("GET", `/products/${asked}`);
  const { id } = product;
  showProduct(product, (await api("GET", `/products/${id}/styles`)).results);
  find("product").hidden = false;

  const [order, reviews, questions, sort] = ["order", "reviews", "questions", "sort"].map(find);
  const listReviews = listOf(reviews, () => `/reviews?product_id=${id}&sort=${sort.value}`, drawReview);
  const listQuestions = listOf(questions, () => `/qa/questions?product_id=${id}`, (question) =>
    drawQuestion(question, `/qa/questions/${question.question_id}`, () => listQuestions()));
  sort.onchange = () => attempt(reviews, () => listReviews(1));
  find("add-to-cart").onclick = ({ target }) => attempt(order, async () => {
    await api("POST", "/cart", { sku_id: find("sizes").querySelector(":checked").value });
    await showCart();
  }, target);
  // A new question comes behind all that were found helpful, so many are shown.
  addForm(find("question-add"), "/qa/questions", () => ({ product_id: id }), () => listQuestions(20));
  await Promise.all([
    attempt(order, showCart), attempt(find("related").parentElement, () => showRelated(id)),
    attempt(reviews, async () => addReviewForm(id, await showMeta(id), () => {
      sort.value = "newest";
      return Promise.all([listReviews(1), showMeta(id)]);
    })),
    attempt(reviews, () => listReviews(1)), attempt(questions, () => listQuestions(1)),
    attempt(find("shop"), () => showNeighbours(id - first.id + 1)),
  ]);
}

await attempt(find("shop"), showShop);
find("shop").ariaBusy = "false";
