//! A run as people read it: tables in Markdown, and its drawings.

mod drawings;
mod tables;

use crate::record::Run;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// Between these lines of `bench/README.md` stands the run that was published last.
const BEGIN: &str = "<!-- run -->";
const END: &str = "<!-- end of run -->";

/// Writes `README.md` and the drawings of a run into its folder.
///
/// # Errors
/// A file cannot be written.
pub fn write(run: &Run, folder: &Path) -> Result<()> {
    let drawings = drawings::write(run, folder)?;
    fs::write(folder.join("README.md"), tables::report(run, &drawings))?;
    Ok(())
}

/// Puts the main tables between the markers of a file.
///
/// # Errors
/// It has none.
pub fn publish(run: &Run, folder: &Path, readme: &Path) -> Result<()> {
    let text = fs::read_to_string(readme).with_context(|| readme.display().to_string())?;
    let name = folder.canonicalize()?.file_name().unwrap_or_default().display().to_string();
    fs::write(readme, between(&text, &tables::summary(run, &format!("runs/{name}")))?)?;
    Ok(())
}

fn between(text: &str, part: &str) -> Result<String> {
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("no line {BEGIN}"))?;
    let (old, after) = rest.split_once(END).with_context(|| format!("no line {END}"))?;
    ensure!(!old.contains(BEGIN), "two lines {BEGIN}");
    Ok(format!("{before}{BEGIN}\n{part}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_the_markers_is_replaced() {
        let text = "a\n<!-- run -->\nold\n<!-- end of run -->\nb\n";
        let once = between(text, "new\n").unwrap();
        assert_eq!(once, "a\n<!-- run -->\nnew\n<!-- end of run -->\nb\n");
        assert_eq!(between(&once, "new\n").unwrap(), once);
        assert!(between("a", "new").is_err());
    }
}
