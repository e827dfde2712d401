//! What is downloaded and what is started, in bytes.

use std::fs;
use std::path::Path;

use crate::Fault;
use crate::table::{Bar, Row};
use crate::window::program;

pub fn rows() -> Result<Vec<Row>, Fault> {
    let megabytes = |path: &Path| fs::metadata(path).map(|metadata| metadata.len() as f64 / 1e6);
    let empty = megabytes(&program("examples/empty")?)?;
    let row = |what: String, took: f64| Row {
        what,
        took,
        beside: "the program of an empty window".to_owned(),
        least: empty,
        unit: "MB",
        bar: Bar::None,
    };
    let app = program("mcp-auth-troubleshooter")?;
    let mut rows = vec![row("the app's program, pages included".to_owned(), megabytes(&app)?)];
    rows.push(row("the command line's program".to_owned(), megabytes(&program("mcp-auth-check")?)?));
    // `target/release` is where this program is; packages are there when `cargo xtask package` was run.
    let packages = app.parent().and_then(Path::parent).map(|target| target.join("package/out"));
    let mut found: Vec<_> =
        packages.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten().collect();
    found.sort_by_key(fs::DirEntry::file_name);
    for entry in found {
        let path = entry.path();
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_owned();
        if ["deb", "rpm", "AppImage", "dmg", "exe", "msi"].contains(&kind.as_str()) {
            rows.push(row(format!("the package (.{kind}): app, command line, licences"), megabytes(&path)?));
        }
    }
    Ok(rows)
}
