//! What is asked: `workloads/*.toml`, and the requests drawn from them.

use crate::template::{Draw, Range, Shop, Template};
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// How many requests are drawn for a run. The driver goes through them in a circle.
const REQUESTS: usize = 200_000;
/// The depth of the variant `pipelined`, which is that of `TechEmpower`'s plaintext test.
const PIPELINE: usize = 16;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// All the shop's reads.
    #[default]
    Shop,
    /// One reply, whatever is asked.
    Static,
    /// No HTTP at all.
    Floor,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    /// Each request drawn by its weight.
    #[default]
    Weighted,
    /// All of them one after the other, with ids in common.
    Sequence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Variant {
    Last10,
    Hot,
    Pipelined,
}

/// A file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    order: Order,
    #[serde(default = "one")]
    pipeline: usize,
    #[serde(default)]
    variants: Vec<Variant>,
    path: Option<String>,
    method: Option<String>,
    body: Option<String>,
    status: Option<u16>,
    body_has: Option<Vec<String>>,
    #[serde(default)]
    request: Vec<RequestFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    #[serde(default = "one_weight")]
    weight: u32,
    path: String,
    method: Option<String>,
    body: Option<String>,
    status: Option<u16>,
    body_has: Option<Vec<String>>,
}

fn one() -> usize {
    1
}

fn one_weight() -> u32 {
    1
}

/// One kind of request of a workload.
#[derive(Clone, Debug)]
struct Asked {
    weight: u32,
    method: String,
    path: Template,
    body: Option<Template>,
    expected: Arc<Expected>,
}

/// What makes a reply a right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub status: u16,
    pub body_has: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Workload {
    pub name: String,
    /// The name of its file.
    pub base: String,
    pub title: String,
    pub kind: Kind,
    pub pipeline: usize,
    /// Whether it is another form of a workload that has a file.
    pub is_variant: bool,
    order: Order,
    asked: Vec<Asked>,
}

/// The bytes of one request, and what is to come back.
#[derive(Clone, Debug)]
pub struct Request {
    pub bytes: Vec<u8>,
    pub expected: Arc<Expected>,
}

impl Workload {
    /// All workloads of a folder, each followed by its variants.
    ///
    /// # Errors
    /// A file that cannot be read or understood.
    pub fn all(folder: &Path) -> Result<Vec<Self>> {
        let entries =
            fs::read_dir(folder).with_context(|| format!("no folder {}", folder.display()))?;
        let mut paths: Vec<_> = entries.flatten().map(|it| it.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "toml"));
        paths.sort();
        let mut all = Vec::new();
        for path in paths {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path)?;
            all.extend(Self::parse(&name, &text).with_context(|| path.display().to_string())?);
        }
        Ok(all)
    }

    fn parse(name: &str, text: &str) -> Result<Vec<Self>> {
        let mut file: File = toml::from_str(text)?;
        let File { path, method, body, status, body_has, request, .. } = &mut file;
        if let Some(path) = path.take() {
            ensure!(request.is_empty(), "either `path` or `[[request]]`");
            request.push(RequestFile {
                weight: 1,
                path,
                method: method.take(),
                body: body.take(),
                status: status.take(),
                body_has: body_has.take(),
            });
        } else if method.is_some() || body.is_some() || status.is_some() || body_has.is_some() {
            bail!("`method`, `body`, `status` and `body_has` belong into `[[request]]`");
        }
        ensure!(!file.request.is_empty(), "neither `path` nor `[[request]]`");
        ensure!((1..=64).contains(&file.pipeline), "`pipeline` is 1 to 64");
        let asked = file.request.into_iter().map(Asked::new).collect::<Result<Vec<_>>>()?;
        let base = Self {
            name: name.to_owned(),
            base: name.to_owned(),
            title: file.title,
            kind: file.kind,
            pipeline: file.pipeline,
            is_variant: false,
            order: file.order,
            asked,
        };
        let variants: Vec<Self> = file.variants.iter().map(|it| base.variant(*it)).collect();
        Ok(std::iter::once(base).chain(variants).collect())
    }

    fn variant(&self, variant: Variant) -> Self {
        let (name, title, range, pipeline) = match variant {
            Variant::Last10 => ("last10", "the last tenth", Range::Last10, self.pipeline),
            Variant::Hot => ("hot", "one hot id", Range::Hot, self.pipeline),
            Variant::Pipelined => ("pipelined", "16 pipelined", Range::All, PIPELINE),
        };
        let narrowed = |asked: &Asked| Asked {
            path: asked.path.narrowed(range),
            body: asked.body.as_ref().map(|it| it.narrowed(range)),
            ..asked.clone()
        };
        Self {
            name: format!("{}-{name}", self.name),
            title: format!("{}: {title}", self.title),
            pipeline,
            is_variant: true,
            asked: self.asked.iter().map(narrowed).collect(),
            ..self.clone()
        }
    }

    /// The same of the last tenth of the shop.
    #[must_use]
    pub fn last10(&self) -> Self {
        self.variant(Variant::Last10)
    }

    /// Whether it changes the database.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.asked.iter().any(|it| it.method != "GET")
    }

    /// Requests for a run, as many as a driver goes through before it begins anew.
    #[must_use]
    pub fn requests(&self, shop: Shop, seed: u64) -> Vec<Request> {
        self.requests_at_least(REQUESTS, shop, seed)
    }

    /// Fewer of them.
    #[must_use]
    pub fn requests_at_least(&self, count: usize, shop: Shop, seed: u64) -> Vec<Request> {
        let mut draw = Draw::new(shop, seed);
        let weights = self.asked.iter().map(|it| it.weight).sum();
        let mut requests = Vec::with_capacity(count + self.asked.len());
        while requests.len() < count {
            draw.next_pass();
            if self.order == Order::Sequence {
                requests.extend(self.asked.iter().map(|it| it.request(&mut draw)));
                continue;
            }
            let mut place = draw.below(weights);
            let chosen = self.asked.iter().find(|it| {
                let is_it = place < it.weight;
                place = place.saturating_sub(it.weight);
                is_it
            });
            requests.extend(chosen.map(|it| it.request(&mut draw)));
        }
        requests
    }
}

impl Asked {
    fn new(file: RequestFile) -> Result<Self> {
        ensure!((1..=1000).contains(&file.weight), "`weight` is 1 to 1000");
        ensure!(file.path.starts_with('/'), "a path begins with /: {}", file.path);
        let method = file.method.unwrap_or_else(|| "GET".to_owned());
        ensure!(["GET", "POST", "PUT"].contains(&method.as_str()), "no method {method}");
        Ok(Self {
            weight: file.weight,
            method,
            path: Template::parse(&file.path)?,
            body: file.body.as_deref().map(Template::parse).transpose()?,
            expected: Arc::new(Expected {
                status: file.status.unwrap_or(200),
                body_has: file.body_has.unwrap_or_default(),
            }),
        })
    }

    fn request(&self, draw: &mut Draw) -> Request {
        let (method, path) = (&self.method, self.path.fill(draw));
        let mut bytes = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n").into_bytes();
        if let Some(body) = &self.body {
            let body = body.fill(draw);
            let length = body.len();
            let head =
                format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
            bytes.extend_from_slice(head.as_bytes());
            bytes.extend_from_slice(body.as_bytes());
        } else if self.method == "GET" {
            bytes.extend_from_slice(b"\r\n");
        } else {
            bytes.extend_from_slice(b"Content-Length: 0\r\n\r\n");
        }
        Request { bytes, expected: Arc::clone(&self.expected) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: Shop = Shop { products: 1000, questions: 4000, reviews: 5000 };

    #[test]
    fn the_committed_workloads_are_understood() {
        let all = Workload::all(Path::new("workloads")).unwrap();
        let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        for name in ["meta", "meta-hot", "meta-last10", "meta-pipelined", "page", "capstone"] {
            assert!(names.contains(&name), "{name} is missing of {names:?}");
        }
        let page = all.iter().find(|it| it.name == "page").unwrap();
        assert_eq!(page.asked.len(), 18);
        let capstone = all.iter().find(|it| it.name == "capstone").unwrap();
        assert!(capstone.writes());
        let weight = |it: &&Asked| it.method == "GET";
        let reads: u32 = capstone.asked.iter().filter(weight).map(|it| it.weight).sum();
        let weights: u32 = capstone.asked.iter().map(|it| it.weight).sum();
        assert_eq!((reads, weights), (90, 100));
    }

    #[test]
    fn a_request_has_its_ids_and_its_length() {
        let text = "title = 'x'\nmethod = 'POST'\npath = '/r/{review}'\nbody = '{}'\nstatus = 201";
        let workload = &Workload::parse("x", text).unwrap()[0];
        let request = &workload.requests_at_least(1, SHOP, 1)[0];
        let bytes = String::from_utf8(request.bytes.clone()).unwrap();
        assert!(bytes.starts_with("POST /r/"), "{bytes}");
        assert!(bytes.ends_with("Content-Length: 2\r\n\r\n{}"), "{bytes}");
        assert_eq!(request.expected.status, 201);
    }

    #[test]
    fn a_variant_narrows_bodies_too() {
        let text = "title = 'x'\nmethod = 'POST'\npath = '/r'\nbody = '{product}'";
        let workload = Workload::parse("x", text).unwrap()[0].last10();
        for request in workload.requests_at_least(100, SHOP, 1) {
            let text = String::from_utf8(request.bytes).unwrap();
            let id: u32 = text.rsplit_once("\r\n\r\n").unwrap().1.parse().unwrap();
            assert!(id >= 900, "{id}");
        }
    }

    #[test]
    fn weights_are_kept() {
        let text = "title = 'x'\n[[request]]\nweight = 9\npath = '/a'\n[[request]]\npath = '/b'";
        let workload = &Workload::parse("x", text).unwrap()[0];
        let requests = workload.requests_at_least(10_000, SHOP, 1);
        let of_a = requests.iter().filter(|it| it.bytes.starts_with(b"GET /a")).count();
        assert!((8_800..9_200).contains(&of_a), "{of_a}");
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused() {
        for text in [
            "title = 'x'\npath = '/a'\nstatsu = 200",
            "title = 'x'\npath = '/a'\n[[request]]\npath = '/b'",
            "title = 'x'\nstatus = 200\n[[request]]\npath = '/b'",
            "title = 'x'",
            "title = 'x'\npath = '/a'\npipeline = 0",
            "title = 'x'\npath = '/a'\nvariants = ['first10']",
        ] {
            assert!(Workload::parse("x", text).is_err(), "{text}");
        }
    }
}
