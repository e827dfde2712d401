//! The second wall behind clippy's: the sources do not even name what they must not use.

use crate::none;
use crate::repository::{File, files, read};

/// What a check, or anything around it, must not name.
const IMPURE: [&str; 13] = [
    "std::env",
    "std::fs",
    "std::net::Tcp",
    "std::net::ToSocketAddrs",
    "std::net::Udp",
    "std::os",
    "std::process",
    "std::thread",
    "Instant",
    "SystemTime",
    "reqwest",
    "rustls",
    "tokio",
];

/// Calls that change a disk, as they look after `use std::fs` or `use tokio::fs`, and types that do.
const WRITES: [&str; 20] = [
    "fs::copy",
    "fs::create_dir",
    "fs::create_dir_all",
    "fs::hard_link",
    "fs::remove_dir",
    "fs::remove_dir_all",
    "fs::remove_file",
    "fs::rename",
    "fs::set_permissions",
    "fs::soft_link",
    "fs::symlink",
    "fs::symlink_dir",
    "fs::symlink_file",
    "fs::write",
    "DirBuilder",
    "File::create",
    "File::create_new",
    "File::options",
    "OpenOptions",
    "tempfile",
];

/// What a request needs that creates something on a server: its method, or the words of a registration or a grant.
const CREATES: [&str; 21] = [
    "\"POST\"",
    "\"PUT\"",
    "\"PATCH\"",
    "\"DELETE\"",
    "b\"POST\"",
    "Method::POST",
    "Method::PUT",
    "Method::PATCH",
    "Method::DELETE",
    "reqwest::post",
    "RequestBuilder",
    "mcp_auth_probes::Call",
    "grant_type",
    "client_name",
    "redirect_uris\":",
    "token_endpoint_auth_method\"",
    "registration_access_token",
    "refresh_token=",
    "code_verifier=",
    "client_credentials",
    "token_type_hint",
];

/// The lines of `ask.rs` that post: messages to the MCP endpoint, a knock at the token endpoint without a code, and what a browser
/// asks before a page posts (`OPTIONS`). A run sends only what `Ask::only_looks` lets through.
const LOOKS: [&str; 5] = [
    "Self::new(Purpose::TokenEndpoint, \"POST\", url, &headers, Some(TOKEN_KNOCK.to_owned()))",
    "Self::new(purpose, \"POST\", url, &headers, Some(message.to_string()))",
    "const TOKEN_KNOCK: &str = \"grant_type=authorization_code\";",
    "let post = Self { method: \"POST\", ..self.clone() };",
    "(\"POST\", Some(body)) => body == TOKEN_KNOCK || speaks_mcp(body),",
];

#[test]
fn only_sign_in_creates_something_on_a_server() {
    none(creating(&creators()));
    // The wall in the running app: nothing that a rule asks for leaves without passing it.
    let run = read("src-tauri/crates/probes/src/run.rs");
    let sends = product_lines(&run).iter().filter(|(_, line)| line.contains(".send(")).count();
    assert_eq!(sends, 1, "a run sends requests in one place");
    assert!(run.contains("if ask.only_looks() {\n                clients.send(ask)"), "and it asks first");
}

#[test]
fn the_diagnosis_names_no_file_clock_network_or_process() {
    none(impure(&files("src-tauri/crates/diagnosis/src")));
}

#[test]
fn only_remedies_changes_a_disk() {
    none(writing(&product_sources()));
}

#[test]
fn no_source_opens_a_hole_in_the_walls() {
    none(holes(&product_sources()));
}

#[test]
fn these_walls_can_fail() {
    let source = |text| [File::made_up("src-tauri/crates/diagnosis/src/made_up.rs", text)];
    let place = "src-tauri/crates/diagnosis/src/made_up.rs";

    assert_eq!(impure(&source("fn f() {\n    let now = Instant::now();\n}\n")), [format!("{place}:2 names Instant")]);
    assert_eq!(impure(&source("use std::fs;\n")), [format!("{place}:1 names std::fs")]);
    assert_eq!(impure(&source("use std::{env, fmt};\n")), [format!("{place}:1 names std::env")]);
    assert_eq!(impure(&source("// Instantly, and std::fs in words only\nfn instant() {}\n")), [""; 0]);

    assert_eq!(writing(&source("std::fs::rename(a, b)\n")), [format!("{place}:1 uses fs::rename")]);
    assert_eq!(writing(&source("use tokio::fs::{self, remove_file};\n")), [format!("{place}:1 uses fs::remove_file")]);
    assert_eq!(writing(&source("let file = File::create(path)?;\n")), [format!("{place}:1 uses File::create")]);
    assert_eq!(writing(&source("let meta = fs::symlink_metadata(path)?;\n")), [""; 0], "looking is allowed");

    let creates = |path: &str, text| creating(&[File::made_up(path, text)]);
    let probes = "src-tauri/crates/probes/src/made_up.rs";
    for (offence, named) in [
        ("client.request(\"POST\", registration)", "\"POST\""),
        ("let method = Method::DELETE;", "Method::DELETE"),
        ("let body = json!({\"client_name\": name});", "client_name"),
        ("form.append_pair(\"grant_type\", \"refresh_token\");", "grant_type"),
        ("use mcp_auth_probes::{Call, Web};", "mcp_auth_probes::Call"),
    ] {
        assert_eq!(creates(probes, offence), [format!("{probes}:1 may create something on a server: {named}")]);
    }
    let ask = "src-tauri/crates/probes/src/ask.rs";
    assert_eq!(creates(ask, LOOKS[1]), [""; 0]);
    assert_eq!(creates(probes, LOOKS[1]).len(), 1, "messages are made in one place");
    assert_eq!(creates(ask, "Self::new(purpose, \"POST\", url, &headers, Some(body.to_string()))").len(), 1);

    let hole = "#[allow(clippy::disallowed_methods)]\nfn f() {}\n";
    assert_eq!(holes(&source(hole)), [format!("{place}:1 switches a wall off")]);
}

#[test]
fn tests_may_lay_out_files_but_what_stands_behind_them_may_not() {
    let source = "fn f() {}\n\n#[cfg(test)]\n#[allow(clippy::disallowed_methods)]\nmod tests {\n    fn g() {\n        \
                  std::fs::write(a, b);\n    }\n}\n\nfn h() {\n    std::fs::write(a, b);\n}\n";
    let file = [File::made_up("src-tauri/crates/probes/src/made_up.rs", source)];
    assert_eq!(writing(&file), ["src-tauri/crates/probes/src/made_up.rs:12 uses fs::write"]);
    assert_eq!(holes(&file), [""; 0]);
}

/// Everything that runs on a user's computer, except the one crate that may write.
fn product_sources() -> Vec<File> {
    let mut sources = files("src-tauri/src");
    sources.extend(files("src-tauri/crates"));
    sources.retain(|file| {
        let path = &file.path;
        let is_test = path.contains("/tests/") || path.ends_with("/tests.rs");
        path.ends_with(".rs") && !is_test && !path.starts_with("src-tauri/crates/remedies/")
    });
    sources
}

/// Everything that looks, judges or shows: all but sign-in, and the practice server, which plays the other side.
fn creators() -> Vec<File> {
    let mut sources = files("src-tauri/src");
    for each in ["probes", "cli"] {
        sources.extend(files(&format!("src-tauri/crates/{each}/src")));
    }
    sources.retain(|file| file.path.ends_with(".rs") && !file.path.ends_with("/tests.rs"));
    sources
}

fn creating(sources: &[File]) -> Vec<String> {
    let mut all = Vec::new();
    for file in sources {
        let looks = file.path == "src-tauri/crates/probes/src/ask.rs";
        all.extend(complaints(std::slice::from_ref(file), |line| {
            let named = CREATES.into_iter().find(|name| names_creation(line, name))?;
            let allowed = looks && LOOKS.contains(&line.trim());
            (!allowed).then(|| format!("may create something on a server: {named}"))
        }));
    }
    all
}

fn names_creation(line: &str, name: &str) -> bool {
    if name.starts_with(|c: char| c.is_alphabetic()) && !name.ends_with(['=', ':', '"']) {
        names(line, name)
    } else {
        line.contains(name)
    }
}

fn impure(sources: &[File]) -> Vec<String> {
    complaints(sources, |line| IMPURE.into_iter().find(|name| names(line, name)).map(|name| format!("names {name}")))
}

fn writing(sources: &[File]) -> Vec<String> {
    complaints(sources, |line| WRITES.into_iter().find(|name| names(line, name)).map(|name| format!("uses {name}")))
}

fn holes(sources: &[File]) -> Vec<String> {
    complaints(sources, |line| {
        let hole = names(line, "disallowed_methods") || names(line, "disallowed_types");
        hole.then(|| "switches a wall off".to_owned())
    })
}

/// Asks about every line of code that is not a comment and not in a test module.
fn complaints(sources: &[File], offence: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in sources.iter().filter(|file| file.path.ends_with(".rs")) {
        for (number, line) in product_lines(&file.text) {
            if let Some(offence) = offence(line) {
                complaints.push(format!("{}:{number} {offence}", file.path));
            }
        }
    }
    complaints
}

/// The lines with their numbers, without comments and without `#[cfg(test)]` modules. The code is formatted, so that a
/// module ends at the first brace in the first column.
fn product_lines(text: &str) -> Vec<(usize, &str)> {
    let mut product = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if line == "#[cfg(test)]" {
            let item = lines.find(|(_, line)| !line.starts_with("#["));
            if item.is_some_and(|(_, line)| line.ends_with('{')) {
                lines.find(|(_, line)| *line == "}");
            }
        } else if !line.trim_start().starts_with("//") {
            product.push((at + 1, line));
        }
    }
    product
}

/// Whether a line names a path such as `fs::write`, alone or in a list such as `fs::{self, write}`.
fn names(line: &str, path: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |at: usize, name: &str| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        // `std::net::Tcp` stands for every type that begins so.
        !before.is_some_and(is_word) && (name.ends_with("Tcp") || name.ends_with("Udp") || !after.is_some_and(is_word))
    };
    if line.match_indices(path).any(|(at, _)| whole(at, path)) {
        return true;
    }
    let Some((module, name)) = path.rsplit_once("::") else { return false };
    let list = format!("{module}::{{");
    line.find(&list).is_some_and(|at| line.match_indices(name).any(|(here, _)| here > at && whole(here, name)))
}
