//! The place for the real Python servers of `tests/interop`.

use std::fs;

use crate::failure::Failure;
use crate::house;
use crate::steps::{Step, say};

const FOLDER: &str = "tests/interop/.venv";
const WANTED: &str = "tests/interop/requirements.txt";
/// What those packages ask for.
const OLDEST: (u32, u32) = (3, 10);

/// Sees to it that the virtual environment holds what `requirements.txt` lists.
pub fn ensure_modules() -> Result<(), Failure> {
    let wanted = fs::read_to_string(house::path(WANTED)).map_err(Failure::file(WANTED))?;
    // Written when everything is there, so that an installation cut short is done again.
    let installed = format!("{FOLDER}/installed.txt");
    if fs::read_to_string(house::path(&installed)).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    ensure_version()?;
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
        step.run().map_err(Failure::needs_network)?;
    }
    fs::write(house::path(&installed), wanted).map_err(Failure::file(&installed))
}

/// pip says of every package that it does not exist when only the interpreter is too old for it.
fn ensure_version() -> Result<(), Failure> {
    let step =
        Step::new("Ask for the version of Python", "python3", &["-c", "import sys; print(*sys.version_info[:2])"]);
    let printed = step.output()?;
    match version(&printed) {
        Some(version) if version >= OLDEST => Ok(()),
        _ => Err(Failure::Missing(format!(
            "The real Python servers need Python {}.{} or newer; python3 on this computer is {}. Install a newer one, so that it \
             is the python3 on the PATH, then run the same command again. Everything else: cargo xtask test, part by part.",
            OLDEST.0,
            OLDEST.1,
            printed.trim().replace(' ', ".")
        ))),
    }
}

fn version(printed: &str) -> Option<(u32, u32)> {
    let (major, minor) = printed.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_python_says_of_itself() {
        assert_eq!(version("3 11\n"), Some((3, 11)));
        assert!(version("3 9\n").is_some_and(|old| old < OLDEST));
        assert_eq!(version("Python was not found\n"), None);
    }
}
