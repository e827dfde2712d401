//! `cargo xtask feed`: the file that tells which version is the newest, for those who chose to ask.
//!
//! The app itself has no updater and never asks. The format is Tauri's (static JSON), which other tools read as well.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// What `feed` understands.
pub const USAGE: &str = "\
cargo xtask feed FOLDER ADDRESS VERSION

  writes FOLDER/latest.json from the signed packages in FOLDER; ADDRESS is where people download them";

/// What an update feed calls a system, and the ending of the package that replaces a running app there.
const PLATFORMS: [(&str, &str, &str); 4] = [
    ("linux-x86_64", "_amd64.", ".AppImage"),
    ("darwin-aarch64", "_aarch64.", ".app.tar.gz"),
    ("darwin-x86_64", "_x64.", ".app.tar.gz"),
    ("windows-x86_64", "_x64-setup.", ".exe"),
];

/// Writes the feed.
pub fn feed(folder: &str, address: &str, version: &str) -> Result<(), Failure> {
    let folder = Path::new(folder);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let path = entry.map_err(Failure::file(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(package) = name.strip_suffix(".sig") {
            let signature = fs::read_to_string(&path).map_err(Failure::file(&path))?;
            files.push((package.to_owned(), signature.trim().to_owned()));
        }
    }
    let latest = folder.join("latest.json");
    let text = format!("{:#}\n", latest_of(&files, address, version)?);
    fs::write(&latest, text).map_err(Failure::file(&latest))
}

fn latest_of(files: &[(String, String)], address: &str, version: &str) -> Result<Value, Failure> {
    let mut platforms = Map::new();
    for (platform, part, ending) in PLATFORMS {
        let found = files.iter().find(|(name, _)| name.contains(part) && name.ends_with(ending));
        if let Some((name, signature)) = found {
            let url = format!("{}/{name}", address.trim_end_matches('/'));
            platforms.insert(platform.to_owned(), json!({ "signature": signature, "url": url }));
        }
    }
    if platforms.is_empty() {
        return Err(Failure::Answer {
            from: "the folder of packages".to_owned(),
            reason: "no package there is signed for an update feed".to_owned(),
        });
    }
    Ok(json!({ "version": version, "platforms": platforms }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feed_names_each_signed_package_and_no_other() {
        let file = |name: &str| (name.to_owned(), format!("signature of {name}"));
        let files = [
            file("MCP-Auth-Troubleshooter_0.1.0_amd64.AppImage"),
            file("MCP-Auth-Troubleshooter_0.1.0_aarch64.app.tar.gz"),
            file("MCP-Auth-Troubleshooter_0.1.0_x64-setup.exe"),
            file("MCP-Auth-Troubleshooter_0.1.0_x64_en-US.msi"),
        ];
        let feed = latest_of(&files, "https://example.com/v0.1.0/", "0.1.0").expect("a feed");
        let platforms = feed["platforms"].as_object().expect("platforms");
        assert_eq!(platforms.keys().collect::<Vec<_>>(), ["linux-x86_64", "darwin-aarch64", "windows-x86_64"]);
        assert_eq!(
            platforms["windows-x86_64"]["url"],
            "https://example.com/v0.1.0/MCP-Auth-Troubleshooter_0.1.0_x64-setup.exe"
        );
        assert!(latest_of(&[], "https://example.com", "0.1.0").is_err());
    }
}
