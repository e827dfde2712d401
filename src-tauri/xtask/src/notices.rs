//! The licences of everything inside a package, as one text that travels with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::contents::Part;
use crate::failure::Failure;

/// The text: who wrote what under which licence, then every licence once with the names of those who chose it.
pub fn text(parts: &[Part]) -> Result<String, Failure> {
    let mut licences: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut without = Vec::new();
    for part in parts {
        let texts = licence_texts(&part.folder)?;
        if texts.is_empty() {
            without.push(part);
        }
        for text in texts {
            let entry = licences.entry(essence(&text)).or_insert_with(|| (text, Vec::new()));
            entry.1.push(format!("{} {}", part.name, part.version));
        }
    }
    let mut out = String::from(
        "MCP Auth Troubleshooter is published under the MIT licence. It contains the work of many others. This file names\n\
         each of them, the licence that its authors chose, and the text of that licence.\n\n",
    );
    for part in parts {
        let _ = writeln!(
            out,
            "{} {}: {}{}",
            part.name,
            part.version,
            part.licence,
            part.repository.as_deref().map(|at| format!(", {at}")).unwrap_or_default()
        );
    }
    if !without.is_empty() {
        out.push_str(
            "\nThese bring no text of their own; the text of the licence that they name stands below, with others:\n\n",
        );
        for part in without {
            let _ = writeln!(out, "{} {}: {}", part.name, part.version, part.licence);
        }
    }
    for (text, mut names) in licences.into_values() {
        names.dedup();
        let _ = write!(out, "\n{}\n{}\n\n{}\n", "-".repeat(100), names.join(", "), text.trim_end());
    }
    Ok(out)
}

/// The same text with other line breaks is the same licence.
fn essence(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn licence_texts(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let path = entry.map_err(Failure::file(folder))?.path();
        if path.is_file() && path.file_name().is_some_and(|name| is_a_licence(&name.to_string_lossy())) {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let bytes = fs::read(&path).map_err(Failure::file(&path))?;
            Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
        })
        .collect()
}

fn is_a_licence(name: &str) -> bool {
    let name = name.to_lowercase();
    let code = [".rs", ".js", ".ts", ".json", ".toml", ".tmpl"].iter().any(|ending| name.ends_with(ending));
    !code
        && ["license", "licence", "copying", "notice", "unlicense", "copyright"]
            .iter()
            .any(|word| name.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::Kind;

    #[test]
    fn a_licence_that_two_chose_stands_there_once() {
        let folder = std::env::temp_dir().join(format!("notices-{}", std::process::id()));
        let part = |name: &str, text: Option<&str>| {
            let folder = folder.join(name);
            fs::create_dir_all(&folder).expect("a folder");
            if let Some(text) = text {
                fs::write(folder.join("LICENSE-MIT"), text).expect("a file");
            }
            fs::write(folder.join("license.rs"), "fn not_a_licence() {}").expect("a file");
            Part {
                name: name.to_owned(),
                version: "1.0.0".to_owned(),
                kind: Kind::Cargo,
                licence: "MIT".to_owned(),
                repository: None,
                sha256: None,
                folder,
            }
        };
        let parts =
            [part("a", Some("Permission is\ngranted")), part("b", Some("Permission  is granted\r\n")), part("c", None)];
        let text = text(&parts);
        fs::remove_dir_all(&folder).expect("the test's own folder");
        let text = text.expect("a text");
        assert_eq!(text.matches("Permission").count(), 1, "{text}");
        assert!(text.contains("\na 1.0.0, b 1.0.0\n"), "{text}");
        assert!(text.contains("bring no text of their own") && text.ends_with('\n'), "{text}");
        assert!(!text.contains("not_a_licence"), "{text}");
    }
}
