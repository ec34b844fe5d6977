//! What stops a run before it has written anything.

use super::*;

#[test]
fn files_that_are_there_are_left_alone() {
    let (directory, _) = generated(2, 1);
    let path = directory.path().join("data/set");
    let message = failure(path.clone(), 3);
    let expected = format!("{} is there already", path.join("product.csv").display());
    assert!(message.starts_with(&expected) && !message.contains('\n'), "{message}");
    let (fresh, _) = generated(2, 1);
    for (name, _) in HEADERS {
        assert_eq!(bytes(&directory, name), bytes(&fresh, name), "{name}");
    }
}

fn failure(directory: PathBuf, products: u32) -> String {
    let options = Options { directory, products, seed: 1, show: Show::Hidden };
    format!("{:#}", run(&options).unwrap_err())
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, "").unwrap();
    let message = failure(path.join("set"), 1);
    assert!(message.starts_with(&format!("cannot create {}", path.display())), "{message}");
}

#[test]
fn more_products_than_ids_are_refused() {
    let message = failure(PathBuf::from("nowhere"), PRODUCTS_MAX + 1);
    assert!(message.contains("100000000 at most"), "{message}");
}
