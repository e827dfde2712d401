//! The bill of materials (SBOM) of a package, as CycloneDX 1.5: databases of advisories can be asked about it years later.
//!
//! It holds no time and no random number, so the same sources give the same bytes.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::contents::{Kind, Part};

/// The document.
pub fn of_materials(version: &str, target: &str, parts: &[Part]) -> Value {
    let components: Vec<Value> = parts.iter().map(component).collect();
    let app = format!("pkg:generic/mcp-auth-troubleshooter@{version}");
    let uses: Vec<String> = parts.iter().map(Part::purl).collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": serial(&format!("{app} {target} {}", uses.join(" "))),
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": app,
                "name": "mcp-auth-troubleshooter",
                "version": version,
                "purl": app,
                "licenses": [{ "expression": "MIT" }],
            },
            "properties": [{ "name": "build:target", "value": target }],
        },
        "components": components,
        // Which crate asks for which is in Cargo.lock; here the app stands for all of them.
        "dependencies": [{ "ref": app, "dependsOn": uses }],
    })
}

fn component(part: &Part) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": part.purl(),
        "name": part.name,
        "version": part.version,
        "purl": part.purl(),
        "scope": "required",
    });
    // An old way of writing "or".
    let licence = part.licence.replace('/', " OR ");
    if !licence.starts_with("see ") {
        component["licenses"] = json!([{ "expression": licence }]);
    }
    if let Some(sha256) = &part.sha256 {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
    }
    if let Some(repository) = &part.repository {
        component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    if part.kind == Kind::Npm
        && let Some((group, name)) = part.name.split_once('/')
    {
        component["group"] = json!(group);
        component["name"] = json!(name);
    }
    component
}

/// A UUID made of what it stands for (RFC 9562, version 8).
fn serial(of: &str) -> String {
    let mut bytes: [u8; 32] = Sha256::digest(of).into();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn part(name: &str, kind: Kind, licence: &str) -> Part {
        Part {
            name: name.to_owned(),
            version: "1.2.3".to_owned(),
            kind,
            licence: licence.to_owned(),
            repository: Some("https://example.com/source".to_owned()),
            sha256: (kind == Kind::Cargo).then(|| "ab".repeat(32)),
            folder: PathBuf::new(),
        }
    }

    #[test]
    fn every_part_is_on_the_bill_and_the_same_parts_make_the_same_bill() {
        let parts =
            [part("old", Kind::Cargo, "MIT/Apache-2.0"), part("@tauri-apps/api", Kind::Npm, "see its licence file")];
        let bill = of_materials("0.1.0", "x86_64-unknown-linux-gnu", &parts);
        assert_eq!(bill, of_materials("0.1.0", "x86_64-unknown-linux-gnu", &parts));
        assert_eq!(bill["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(bill["components"][0]["hashes"][0]["content"], "ab".repeat(32));
        assert_eq!(
            (&bill["components"][1]["group"], &bill["components"][1]["name"]),
            (&json!("@tauri-apps"), &json!("api"))
        );
        assert!(bill["components"][1]["licenses"].is_null(), "no licence is made up");
        assert_eq!(bill["dependencies"][0]["dependsOn"].as_array().map(Vec::len), Some(2));
        let other = of_materials("0.1.0", "aarch64-apple-darwin", &parts);
        assert_ne!(bill["serialNumber"], other["serialNumber"]);
        assert_eq!(bill["serialNumber"].as_str().map(str::len), Some("urn:uuid:".len() + 36));
    }
}
