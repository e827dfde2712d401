//! Nothing in the repository tells whose computer it was written on.

use crate::none;
use crate::repository::{File, files};

/// Folders of one machine, put together here so that this file does not name them itself.
fn machine_folders() -> [String; 4] {
    ["work", "farm", "root", "tmp"].map(|name| format!("/{name}/"))
}

/// Where package managers fetch from: a mirror's name would tell where the code was written.
fn registries() -> [String; 4] {
    [["registry.", "npmjs.org"], ["registry.", "yarnpkg.com"], ["index.", "crates.io"], ["files.", "pythonhosted.org"]]
        .map(|parts| parts.concat())
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    none(private(&files("")));
}

#[test]
fn this_wall_can_fail() {
    let [folder, ..] = machine_folders();
    let [registry, ..] = registries();
    let file = |text: String| [File::made_up("ui/notes.md", &text)];
    assert_eq!(private(&file(format!("see {folder}main"))), [format!("ui/notes.md:1 names {folder}")]);
    assert_eq!(private(&file(format!("\nhttps://{registry}/x"))), [format!("ui/notes.md:2 names {registry}")]);
    assert_eq!(
        private(&file(format!("a home has{folder}main in it"))),
        [""; 0],
        "a folder inside another is not meant"
    );
}

fn private(all: &[File]) -> Vec<String> {
    // Lock files name the registry by their format; fixtures show what real clients keep.
    // In a second work tree `.git` is a file that names the first one.
    let is_ours = |file: &&File| {
        file.path != ".git"
            && !["Cargo.lock", "package-lock.json"].iter().any(|name| file.path.ends_with(name))
            && !file.path.starts_with("tests/fixtures/")
    };
    let mut complaints = Vec::new();
    for file in all.iter().filter(is_ours) {
        for (at, line) in file.text.lines().enumerate() {
            let folders = machine_folders().into_iter().filter(|folder| begins_a_path(line, folder));
            let named = folders.chain(registries().into_iter().filter(|host| line.contains(host)));
            complaints.extend(named.map(|name| format!("{}:{} names {name}", file.path, at + 1)));
        }
    }
    complaints
}

fn begins_a_path(line: &str, folder: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "._-}~*/$)".contains(c);
    line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(inside))
}
