//! What people look at: the page of the shop, and the interface with its viewer. All of it is part
//! of the binary; nothing is loaded from anywhere else.

use crate::http::{ContentType, Reply, Status};

/// A file of the public port.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    pub path: &'static str,
    pub content_type: ContentType,
    pub body: &'static [u8],
}

/// Browsers load nothing for a page but what this host has. The viewer writes styles into its
/// elements and draws its icons from data.
const HEADERS: &str = "Content-Security-Policy: default-src 'self'; img-src 'self' data:; \
     style-src 'self' 'unsafe-inline'\r\n\
     X-Content-Type-Options: nosniff\r\n\
     Cache-Control: no-cache\r\n";

/// The viewer's own files, 1.7 MB, change with a new version of it alone: a browser keeps them for
/// a day.
const VIEWER_HEADERS: &str = "X-Content-Type-Options: nosniff\r\n\
     Cache-Control: max-age=86400\r\n";

/// By path. Those of the viewer are unpacked, and the interface turned into JSON, by `build.rs`.
pub static PAGES: [Page; 8] = [
    Page { path: "/", content_type: ContentType::Html, body: include_bytes!("pages/shop.html") },
    Page {
        path: "/shop.css",
        content_type: ContentType::Css,
        body: include_bytes!("pages/shop.css"),
    },
    Page {
        path: "/shop.js",
        content_type: ContentType::Script,
        body: include_bytes!("pages/shop.js"),
    },
    Page {
        path: "/docs",
        content_type: ContentType::Html,
        body: include_bytes!("pages/docs.html"),
    },
    Page {
        path: "/docs/docs.js",
        content_type: ContentType::Script,
        body: include_bytes!("pages/docs.js"),
    },
    Page {
        path: "/docs/swagger-ui.css",
        content_type: ContentType::Css,
        body: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css")),
    },
    Page {
        path: "/docs/swagger-ui-bundle.js",
        content_type: ContentType::Script,
        body: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js")),
    },
    Page {
        path: "/openapi.json",
        content_type: ContentType::Json,
        body: include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json")),
    },
];

/// The page at a path, with or without a slash at the end.
#[must_use]
pub fn find(path: &str) -> Option<&'static Page> {
    let without_slash = path.strip_suffix("/").filter(|path| path.len() > 1);
    let path = without_slash.unwrap_or(path);
    PAGES.iter().find(|page| page.path == path)
}

/// Writes the page.
pub fn show(page: &Page, reply: &mut Reply) {
    let is_viewer = page.path.starts_with("/docs/swagger-ui");
    let headers = if is_viewer { VIEWER_HEADERS } else { HEADERS };
    reply.begin_with(Status::OK, page.content_type, headers);
    reply.body().extend_from_slice(page.body);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_by_their_paths() {
        for page in &PAGES {
            assert_eq!(find(page.path), Some(page));
            assert!(!page.body.is_empty(), "{}", page.path);
        }
        assert_eq!(find("/docs/").map(|page| page.path), Some("/docs"));
        for path in ["", "//", "/docs//", "/shop", "shop.js"] {
            assert_eq!(find(path), None, "{path}");
        }
    }

    #[test]
    fn the_interface_is_json_with_every_part_in_its_place() {
        let page = find("/openapi.json").unwrap();
        let interface: serde_json::Value = serde_json::from_slice(page.body).unwrap();
        assert_eq!(interface["openapi"], "3.1.0");
        assert!(interface["paths"].as_object().unwrap().len() > 10);
    }

    #[test]
    fn a_page_names_no_other_host() {
        for page in PAGES.iter().filter(|page| !page.path.contains("swagger-ui")) {
            let text = std::str::from_utf8(page.body).unwrap();
            for marker in ["src=\"http", "href=\"http", "url(http", "@import", "src=\"//"] {
                assert!(!text.contains(marker), "{}: {marker}", page.path);
            }
        }
    }
}
