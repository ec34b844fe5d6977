//! The repository itself: what it promises of its own form.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are not ours to keep tidy.
const FOREIGN: [&str; 4] = ["target", ".git", ".atelier", "node_modules"];

/// All files of the repository.
fn files() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = entry.file_name();
            if !entry.file_type().unwrap().is_dir() {
                found.push(path.strip_prefix(".").unwrap().to_owned());
            } else if !FOREIGN.iter().any(|foreign| name == *foreign) {
                walk(&path, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new("."), &mut found);
    found.sort();
    assert!(found.len() > 100, "this is not the repository");
    found
}

fn sources() -> impl Iterator<Item = (PathBuf, String)> {
    files().into_iter().filter(|path| path.extension().is_some_and(|it| it == "rs")).map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    })
}

#[test]
fn lines_are_short_enough_to_read() {
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            // A recorded reply stays in one piece, and so does a row of CSV.
            let is_row =
                line.starts_with("id,") || line.starts_with(|it: char| it.is_ascii_digit());
            let is_data = is_row || line.contains("r#\"{");
            let place = format!("{}:{}", path.display(), number + 1);
            assert!(line.chars().count() <= 100 || is_data, "{place}: break this line");
        }
    }
}

#[test]
fn files_hold_one_noun() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 420, "{}: {lines} lines; split it by its nouns", path.display());
    }
}

#[test]
fn nothing_is_left_behind() {
    // Put together, so that this file does not find itself.
    let leftovers = ["todo", "dbg", "unimplemented"].map(|name| format!("{name}!("));
    for (path, text) in sources() {
        for leftover in &leftovers {
            assert!(!text.contains(leftover), "{}: finish the {leftover}", path.display());
        }
        let marker = concat!("FIX", "ME");
        assert!(!text.contains(marker), "{}: finish the {marker}", path.display());
    }
    for path in files() {
        let blank = concat!("@", "@");
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(!text.contains(blank), "{}: fill in what {blank} stands for", path.display());
    }
}

#[test]
fn every_module_says_what_it_is() {
    for (path, text) in sources() {
        assert!(text.starts_with("//!"), "{}: begin with what it owns", path.display());
    }
}

#[test]
fn http_and_postgres_know_nothing_of_the_shop_or_each_other() {
    for (path, text) in sources() {
        let own = match path.components().nth(1) {
            Some(folder) if path.starts_with("src/http") => folder,
            Some(folder) if path.starts_with("src/postgres") => folder,
            _ => continue,
        };
        let own = format!("crate::{}", own.as_os_str().to_str().unwrap());
        for used in text.split("crate::").skip(1).map(|rest| format!("crate::{rest}")) {
            let allowed = used.starts_with(&own) || used.starts_with("crate::polled");
            let used = used.lines().next().unwrap();
            assert!(allowed, "{}: uses {used}", path.display());
        }
    }
}

#[test]
fn every_setting_is_in_the_readme() {
    let readme = fs::read_to_string("README.md").unwrap();
    let config = fs::read_to_string("src/config.rs").unwrap();
    let variables: Vec<&str> =
        config.split("variable: \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(variables.len() >= 10);
    for variable in variables {
        assert!(readme.contains(variable), "README.md does not name {variable}");
    }
}

#[test]
fn unsafe_code_lives_in_one_file() {
    let with: Vec<PathBuf> = sources()
        .filter(|(path, text)| !path.ends_with("tidy.rs") && text.contains("unsafe {"))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(with, [Path::new("src/embedded/leash.rs")]);
}
