//! What `--help` prints.

use super::{SETTINGS, Setting};
use crate::embedded;
use std::fmt::Write;

pub fn text() -> String {
    let mut text = String::from(
        "Atelier: the backend of the Atelier web shop, over PostgreSQL.\n\n\
         atelier [serve] [--check] [SETTINGS]\n    \
         serve pages; --check only prints the settings\n\
         atelier import DIR [--rejects FILE] [--skip-bad N] [--only SERVICES] [--dry-run]\n    \
             [SETTINGS]\n    \
         load the CSV files of DIR, plain or as .csv.gz, into the database, also while it\n    \
         is served; rows that cannot be loaded go to FILE [DIR/rejects.csv],\n    \
         at most N of each file [0.1 %, but at least 100];\n    \
         --only products,reviews,qa: just these services, product.csv being always read,\n    \
         and what the others have stays;\n    \
         --dry-run only reads, checks and reports, and needs no database\n\
         atelier generate DIR [--products N] [--seed S]\n    \
         write a synthetic data set of N products [1011] to DIR; the same S [1], the same bytes\n\
         atelier --help | --version\n\n\
         Settings, each a flag or an environment variable:\n\n",
    );
    for Setting { flag, variable, value, help } in SETTINGS {
        let _ = writeln!(text, "  --{:<30}{variable}\n      {help}", format!("{flag} {value}"));
    }
    let _ = writeln!(
        text,
        "\nThe embedded database lies in {} unless --data-dir says otherwise.\n\
         Exit codes: 0 done, 1 failed, 2 wrong usage.",
        embedded::default_data_directory().display()
    );
    text
}
