//! The place for the real Python servers of `tests/interop`.

use std::fs;

use crate::failure::Failure;
use crate::house;
use crate::steps::{Step, say};

const FOLDER: &str = "tests/interop/.venv";
const WANTED: &str = "tests/interop/requirements.txt";

/// Sees to it that the virtual environment holds what `requirements.txt` lists.
pub fn ensure_modules() -> Result<(), Failure> {
    let wanted = fs::read_to_string(house::path(WANTED)).map_err(Failure::file(WANTED))?;
    // Written when everything is there, so that an installation cut short is done again.
    let installed = format!("{FOLDER}/installed.txt");
    if fs::read_to_string(house::path(&installed)).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    let interpreter = format!("{FOLDER}/bin/python");
    let steps = [
        Step::new("Make a place for the Python servers", "python3", &["-m", "venv", FOLDER]),
        Step::new(
            "Install the Python servers",
            &interpreter,
            &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", WANTED],
        ),
    ];
    say("The real Python servers are missing or out of date:\n");
    for step in steps {
        say(&format!("      {}", step.shown()));
        step.run()?;
    }
    fs::write(house::path(&installed), wanted).map_err(Failure::file(&installed))
}
