//! Every command of the app needs a grant in `capabilities/main.json`: without this list all of them would be allowed.

include!("src/commands/list.rs");

fn main() {
    let windows = tauri_build::WindowsAttributes::new();
    // Tests that link the window need the manifest as much as the app does, and Tauri's way gives it to the app alone.
    let windows = if target("OS") == "windows" && target("ENV") == "msvc" {
        let manifest = format!("{}/windows.manifest", std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
        println!("cargo:rerun-if-changed={manifest}");
        println!("cargo:rustc-link-arg=/MANIFEST:EMBED");
        println!("cargo:rustc-link-arg=/MANIFESTINPUT:{manifest}");
        println!("cargo:rustc-link-arg=/WX");
        tauri_build::WindowsAttributes::new_without_app_manifest()
    } else {
        windows.app_manifest(include_str!("windows.manifest"))
    };
    let commands = tauri_build::AppManifest::new().commands(COMMANDS);
    let attributes = tauri_build::Attributes::new().windows_attributes(windows).app_manifest(commands);
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:warning={error:#}");
        std::process::exit(1);
    }
}

fn target(part: &str) -> String {
    std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default()
}
