//! Prepares what the binary carries for people: the interface as JSON, and the files of its viewer
//! out of the package that has them.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Cursor};
use std::path::Path;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

const INTERFACE: &str = "openapi.yaml";
/// Of the viewer's dozen of files the two that a page needs.
const VIEWER_FILES: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={INTERFACE}");
    let out = std::env::var("OUT_DIR")?;
    let out = Path::new(&out);

    let yaml = fs::read_to_string(INTERFACE)?;
    let mut interface: serde_json::Map<String, serde_json::Value> =
        serde_saphyr::from_str(&yaml).map_err(|error| format!("{INTERFACE}: {error}"))?;
    // What the file itself refers to by anchors; each place has its copy by now.
    interface.remove("x-shared");
    fs::write(out.join("openapi.json"), serde_json::to_vec(&interface)?)?;

    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for name in VIEWER_FILES {
        let suffix = format!("dist/{name}");
        let of_file = |path: &str| path.ends_with(&suffix);
        let path = archive.file_names().flatten().find(|path| of_file(path));
        let path = path.ok_or_else(|| format!("the viewer's package has no {name}"))?.into_owned();
        io::copy(&mut archive.by_name(&path)?, &mut File::create(out.join(name))?)?;
    }
    Ok(())
}
