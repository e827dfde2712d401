//! `cargo xtask package`: what a person installs, and beside it what lets others check it.
//!
//! Everything ends up in `target/package/out`: the installers of this system, the bill of materials, and SHA256SUMS. The
//! licences of all libraries travel inside the installers. On Linux the packages are then looked into, installed in a small
//! system of their own, and started there on a virtual screen.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::house::{self, CLI};
use crate::needs::Purpose;
use crate::run::FAULT;
use crate::scratch::Scratch;
use crate::steps::{self, Step, say};
use crate::test::drive_window;
use crate::{bill, contents, notices, setup};

/// What `package` understands.
pub const USAGE: &str = "\
cargo xtask package [--target TRIPLE] [--bundles LIST] [--update-feed] [--no-try]

  --target TRIPLE   build for this target instead of this computer's
  --bundles LIST    build these kinds, e.g. deb,rpm,appimage or nsis,msi
  --update-feed     also sign what an update feed needs (asks for TAURI_SIGNING_PRIVATE_KEY and UPDATE_FEED_PUBLIC_KEY)
  --no-try          do not install the packages in a system of their own and start them there (Linux)";

/// Files that the Linux packages must hold.
const LINUX_FILES: [&str; 10] = [
    "/usr/bin/mcp-auth-troubleshooter",
    "/usr/bin/mcp-auth-check",
    "/usr/share/applications/MCP Auth Troubleshooter.desktop",
    "/usr/share/metainfo/dev.mcp_auth_troubleshooter.app.metainfo.xml",
    "/usr/share/icons/hicolor/32x32/apps/mcp-auth-troubleshooter.png",
    "/usr/share/icons/hicolor/128x128/apps/mcp-auth-troubleshooter.png",
    "/usr/share/icons/hicolor/256x256@2/apps/mcp-auth-troubleshooter.png",
    "/usr/share/icons/hicolor/scalable/apps/mcp-auth-troubleshooter.svg",
    "/usr/share/doc/mcp-auth-troubleshooter/copyright",
    "/usr/share/doc/mcp-auth-troubleshooter/third-party-licences.txt",
];

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    target: Option<String>,
    bundles: Option<String>,
    update_feed: bool,
    no_try: bool,
}

impl Wanted {
    fn read(words: &[&str]) -> Result<Self, Failure> {
        let mut wanted = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = |value: Option<&&str>| value.map(|&value| value.to_owned()).ok_or(Failure::Usage(USAGE));
            match *word {
                "--target" => wanted.target = Some(value(words.next())?),
                "--bundles" => wanted.bundles = Some(value(words.next())?),
                "--update-feed" => wanted.update_feed = true,
                "--no-try" => wanted.no_try = true,
                _ => return Err(Failure::Usage(USAGE)),
            }
        }
        Ok(wanted)
    }
}

/// Builds the packages of this system.
pub fn package(words: &[&str]) -> Result<(), Failure> {
    let wanted = Wanted::read(words)?;
    let is_tried = cfg!(target_os = "linux") && wanted.target.is_none() && !wanted.no_try;
    let mut purposes = vec![Purpose::Engine, Purpose::Ui, Purpose::Shell, Purpose::Package];
    if is_tried {
        purposes.push(Purpose::E2e);
    }
    setup::ensure(&purposes)?;

    let folder = house::path("target/package");
    let out = folder.join("out");
    let _ = fs::remove_dir_all(&folder); // what an earlier run left there
    fs::create_dir_all(&out).map_err(Failure::file(&out))?;
    let target = wanted.target.clone().map_or_else(host, Ok)?;
    let version = version()?;

    steps::run_all(vec![pages_with_maps(&folder.join("pages")), command_line(wanted.target.as_deref())])?;
    let parts = contents::of_the_package(&target, &folder.join("pages"))?;
    say(&format!("\n{} libraries are inside the package.", parts.len()));
    write(&folder.join("third-party-licences.txt"), &notices::text(&parts)?)?;
    let bill = bill::of_materials(&version, &target, &parts);
    write(&out.join(format!("mcp-auth-troubleshooter_{version}_{target}.cdx.json")), &format!("{bill:#}\n"))?;
    let ending = if target.contains("windows") { ".exe" } else { "" };
    let built = releases(wanted.target.as_deref());
    copy(&built.join(format!("{CLI}{ending}")), &folder.join(format!("{CLI}-{target}{ending}")))?;
    let settings = folder.join("tauri.package.json");
    write(&settings, &format!("{:#}\n", settings_for(&target, wanted.update_feed)?))?;

    steps::run_all(vec![bundle(&wanted, &settings)])?;
    let made = collect(&built.join("bundle"), &version, &out)?;
    sums(&out)?;
    for file in &made {
        let size = fs::metadata(file).map_err(Failure::file(file))?.len();
        say(&format!("{} ({:.1} MB)", file.display(), size as f64 / 1e6));
    }
    if cfg!(target_os = "linux") {
        look_inside(&made, &folder, is_tried)?;
    }
    Ok(())
}

/// The same pages that Tauri builds, with maps that tell which library each line came from.
fn pages_with_maps(into: &Path) -> Step {
    let into = into.to_string_lossy();
    Step::npm("See what is in the pages", &["exec", "--", "vite", "build", "ui", "--sourcemap", "--outDir", &into])
}

fn command_line(target: Option<&str>) -> Step {
    let mut arguments = vec!["build", "--release", "--locked", "--package", CLI];
    arguments.extend(target.map(|target| ["--target", target]).into_iter().flatten());
    Step::cargo("Build the command line", &arguments)
}

/// The Tauri CLI finds the shell from the root and builds the window itself (`beforeBuildCommand`).
fn bundle(wanted: &Wanted, settings: &Path) -> Step {
    let settings = settings.to_string_lossy();
    let mut arguments = vec!["exec", "--", "tauri", "build", "--ci", "--config", &settings];
    if wanted.update_feed {
        arguments.extend(["--config", "src-tauri/packaging/update-feed.json"]);
    }
    if let Some(target) = &wanted.target {
        arguments.extend(["--target", target]);
    }
    if let Some(bundles) = &wanted.bundles {
        arguments.extend(["--bundles", bundles]);
    }
    // Only now do the arguments after it belong to cargo.
    arguments.extend(["--", "--locked"]);
    Step::npm("Package", &arguments)
}

/// What only a package has: the command line beside the window, the licences, and what this build signs with.
fn settings_for(target: &str, update_feed: bool) -> Result<Value, Failure> {
    let notices = "../target/package/third-party-licences.txt";
    let mut settings = json!({ "bundle": { "externalBin": [format!("../target/package/{CLI}")] } });
    if target.contains("linux") {
        let files = json!({
            "/usr/share/doc/mcp-auth-troubleshooter/copyright": "../LICENSE",
            "/usr/share/doc/mcp-auth-troubleshooter/third-party-licences.txt": notices,
        });
        settings["bundle"]["linux"] =
            json!({ "deb": { "files": files }, "rpm": { "files": files }, "appimage": { "files": files } });
    } else {
        settings["bundle"]["resources"] = json!({ "../LICENSE": "LICENCE.txt", notices: "third-party-licences.txt" });
    }
    if target.contains("windows") {
        let names = ["WINDOWS_SIGNING_ENDPOINT", "WINDOWS_SIGNING_ACCOUNT", "WINDOWS_SIGNING_PROFILE"];
        if let [Some(endpoint), Some(account), Some(profile)] = names.map(set) {
            let arguments = ["-e", &endpoint, "-a", &account, "-c", &profile, "-d", "MCP Auth Troubleshooter", "%1"]
                .map(str::to_owned);
            settings["bundle"]["windows"] =
                json!({ "signCommand": { "cmd": "artifact-signing-cli", "args": arguments } });
        }
    }
    if update_feed {
        let missing =
            ["TAURI_SIGNING_PRIVATE_KEY", "UPDATE_FEED_PUBLIC_KEY"].into_iter().find(|name| set(name).is_none());
        if let Some(missing) = missing {
            return Err(Failure::Missing(format!(
                "An update feed is signed, and {missing} is not set. `npm --prefix ui exec -- tauri signer generate` makes \
                 a pair of keys. Without --update-feed no key is needed."
            )));
        }
        settings["plugins"] = json!({ "updater": { "pubkey": set("UPDATE_FEED_PUBLIC_KEY"), "endpoints": [] } });
    }
    Ok(settings)
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// This computer's target, as rustc names it.
fn host() -> Result<String, Failure> {
    let printed = Step::new("Ask for the target", "rustc", &["-vV"]).output()?;
    let host = printed.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or(Failure::Answer { from: "rustc -vV".to_owned(), reason: "it names no host".to_owned() })
}

fn version() -> Result<String, Failure> {
    let manifest = fs::read_to_string(house::path("Cargo.toml")).map_err(Failure::file("Cargo.toml"))?;
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    version
        .map(str::to_owned)
        .ok_or(Failure::Answer { from: "Cargo.toml".to_owned(), reason: "the workspace has no version".to_owned() })
}

fn releases(target: Option<&str>) -> PathBuf {
    let folder = env::var_os("CARGO_TARGET_DIR").map_or_else(|| house::path("target"), PathBuf::from);
    target.map_or_else(|| folder.clone(), |target| folder.join(target)).join("release")
}

/// Copies what the bundler made of this version; other versions may lie beside it.
fn collect(bundles: &Path, version: &str, out: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut made = Vec::new();
    for kind in fs::read_dir(bundles).map_err(Failure::file(bundles))? {
        let kind = kind.map_err(Failure::file(bundles))?.path();
        if !kind.is_dir() {
            continue;
        }
        for file in fs::read_dir(&kind).map_err(Failure::file(&kind))? {
            let path = file.map_err(Failure::file(&kind))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_file() && is_for_others(&name, version) {
                let to = out.join(name.replace(' ', "-"));
                copy(&path, &to)?;
                made.push(to);
            }
        }
    }
    made.sort();
    if made.is_empty() {
        return Err(Failure::Answer {
            from: bundles.display().to_string(),
            reason: format!("the bundler left no package of version {version} there"),
        });
    }
    Ok(made)
}

/// Whether a file of the bundler's is one that people download. The archive for a Mac's update feed bears no version.
fn is_for_others(name: &str, version: &str) -> bool {
    let name_without_signature = name.strip_suffix(".sig").unwrap_or(name);
    let is_package = [".deb", ".rpm", ".AppImage", ".dmg", ".exe", ".msi"]
        .iter()
        .any(|ending| name_without_signature.ends_with(ending));
    (is_package && name.contains(version)) || name_without_signature.ends_with(".app.tar.gz")
}

/// Writes SHA256SUMS as `sha256sum --check` reads it.
pub fn sums(folder: &Path) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let path = entry.map_err(Failure::file(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && name != "SHA256SUMS" {
            let bytes = fs::read(&path).map_err(Failure::file(&path))?;
            let sum: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            lines.push(format!("{sum}  {name}\n"));
        }
    }
    lines.sort_by(|a, b| a[64..].cmp(&b[64..]));
    write(&folder.join("SHA256SUMS"), &lines.concat())
}

/// Looks into the Linux packages, and starts what is inside.
fn look_inside(made: &[PathBuf], folder: &Path, is_tried: bool) -> Result<(), Failure> {
    let with_ending = |ending: &str| made.iter().find(|path| path.extension().is_some_and(|found| found == ending));
    let rpm = with_ending("rpm");
    if let Some(rpm) = rpm {
        let listed = Step::new("List the rpm", "rpm", &["-qlp", &rpm.to_string_lossy()]).output()?;
        must_hold("the rpm", listed.lines())?;
    }
    let Some(deb) = with_ending("deb") else { return Ok(()) };
    if !house::on_path("dpkg-deb") {
        say("This system cannot unpack a .deb (there is no dpkg-deb), so it was not looked into.");
        return Ok(());
    }
    let unpacked = folder.join("unpacked");
    let [packed, root] = [deb, &unpacked].map(|path| path.to_string_lossy().into_owned());
    let desktop = format!("{root}/usr/share/applications/MCP Auth Troubleshooter.desktop");
    let metainfo = format!("{root}/usr/share/metainfo/dev.mcp_auth_troubleshooter.app.metainfo.xml");
    steps::run_all(vec![
        Step::new("Unpack the deb", "dpkg-deb", &["--extract", &packed, &root]),
        Step::new("Check the desktop entry", "desktop-file-validate", &[&desktop]),
        Step::new("Check the description for software centres", "appstreamcli", &["validate", "--no-net", &metainfo]),
        Step::new("Start the command line from the package", &format!("{root}/usr/bin/{CLI}"), &["--version"]),
    ])?;
    must_hold("the deb", LINUX_FILES.into_iter().filter(|path| Path::new(&format!("{root}{path}")).is_file()))?;
    say("The packages hold what they must.");
    if !is_tried {
        return Ok(());
    }
    match Scratch::like_this_one(folder.join("system")) {
        Ok(scratch) => try_out(&scratch, deb, rpm.map(PathBuf::as_path), folder),
        Err(lacking) => {
            say(&format!(
                "\nNot installed in a system of its own: {lacking}. The window is opened as it was unpacked."
            ));
            let window = format!("{root}/usr/bin/mcp-auth-troubleshooter");
            steps::run_all(vec![window_stories("Open the window from the package", &window)])
        }
    }
}

/// Installs the packages in a system of their own, starts what they brought, and removes them.
fn try_out(scratch: &Scratch, deb: &Path, rpm: Option<&Path>, folder: &Path) -> Result<(), Failure> {
    scratch.announce();
    let opener = folder.join("open-in-its-own-system.sh");
    scratch.opener(&opener)?;
    let opener = opener.to_string_lossy();
    let starts = |which: &str| {
        vec![
            scratch
                .command_line(
                    &format!("Practise with the command line of the {which}"),
                    &["diagnose", "--practice", FAULT],
                )
                .ends_with(&[1]),
            window_stories(&format!("Open the window of the {which}"), &opener),
        ]
    };
    let mut all = scratch.install(deb);
    all.extend(starts("deb"));
    all.push(scratch.purge());
    steps::run_all(all)?;
    let left = scratch.holds(&LINUX_FILES);
    if !left.is_empty() {
        let reason = format!("it leaves {} behind when it is removed", left.join(", "));
        return Err(Failure::Answer { from: "the deb".to_owned(), reason });
    }
    let mut all = Vec::new();
    if let Some(rpm) = rpm {
        all.push(scratch.install_rpm(rpm));
        all.extend(starts("rpm"));
    }
    all.push(scratch.remove());
    steps::run_all(all)?;
    say("The packages were installed, started and removed.");
    Ok(())
}

/// The stories that say whether the window works at all, told to this program.
fn window_stories(title: &str, program: &str) -> Step {
    drive_window(title, &["starts", "journey"]).variable("APP_UNDER_TEST", program)
}

/// Paths may stand there with or without their first slash.
fn must_hold<'a>(what: &str, listed: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let listed: Vec<&str> = listed.map(|path| path.trim_start_matches('/')).collect();
    let missing: Vec<&str> =
        LINUX_FILES.into_iter().filter(|path| !listed.contains(&path.trim_start_matches('/'))).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Answer { from: what.to_owned(), reason: format!("it lacks {}", missing.join(", ")) })
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(Failure::file(path))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to).map(drop).map_err(Failure::file(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read() {
        let wanted = Wanted::read(&["--target", "x86_64-apple-darwin", "--bundles", "app,dmg", "--update-feed"]);
        assert_eq!(
            wanted.ok(),
            Some(Wanted {
                target: Some("x86_64-apple-darwin".to_owned()),
                bundles: Some("app,dmg".to_owned()),
                update_feed: true,
                no_try: false,
            })
        );
        for wrong in [&["--target"][..], &["--bundle", "deb"], &["deb"]] {
            assert!(matches!(Wanted::read(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }

    #[test]
    fn only_packages_of_this_version_are_handed_out() {
        for name in ["A_0.1.0_amd64.deb", "A_0.1.0_x64-setup.exe.sig", "A.app.tar.gz", "A_0.1.0_aarch64.dmg"] {
            assert!(is_for_others(name, "0.1.0"), "{name}");
        }
        for name in ["A_0.0.9_amd64.deb", "control.tar.gz", "debian-binary", "bundle_dmg.sh", "rw.A_0.1.0.dmg.tmp"] {
            assert!(!is_for_others(name, "0.1.0"), "{name}");
        }
    }

    #[test]
    fn the_version_of_the_house_is_read() {
        assert_eq!(version().ok().as_deref(), Some(env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn a_package_that_lacks_a_file_is_named_with_it() {
        let all = LINUX_FILES.map(|path| path.trim_start_matches('/'));
        assert!(must_hold("the deb", all.into_iter()).is_ok());
        let lacking = must_hold("the deb", all.into_iter().skip(1)).expect_err("one is missing").to_string();
        assert!(lacking.contains("/usr/bin/mcp-auth-troubleshooter") && !lacking.contains("copyright"), "{lacking}");
    }
}
