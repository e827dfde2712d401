//! A Debian or Ubuntu of its own, into which a package is installed as a person would install it.
//!
//! Nothing on this computer can make up for a library there that the package forgot to name. Only the screen, the devices
//! and the temporary folders are this computer's.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::house;
use crate::steps::{Step, say};

/// What the package calls itself.
const PACKAGE: &str = "mcp-auth-troubleshooter";
/// The window's program, once it is installed.
const WINDOW: &str = "/usr/bin/mcp-auth-troubleshooter";

/// A system in a folder.
pub struct Scratch {
    root: PathBuf,
    codename: String,
    /// What mmdebstrap takes as sources: files, or lines.
    sources: Vec<String>,
}

impl Scratch {
    /// A system like this one in that folder; or why there can be none.
    pub fn like_this_one(root: PathBuf) -> Result<Self, String> {
        for (program, brings) in [("mmdebstrap", "makes one"), ("unshare", "enters one")] {
            if !house::on_path(program) {
                return Err(format!("there is no {program}, which {brings}"));
            }
        }
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let word = |name: &str| word_of(&release, name);
        let Some(codename) = word("VERSION_CODENAME") else {
            return Err("/etc/os-release does not say which Debian or Ubuntu this is".to_owned());
        };
        let files = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list.d/ubuntu.sources"]
            .into_iter()
            .chain(["/etc/apt/sources.list"])
            .filter_map(|path| Some((path.to_owned(), fs::read_to_string(path).ok()?)));
        let sources = sources(files, &word("ID").unwrap_or_default(), env::consts::ARCH, &codename);
        Ok(Self { root, codename, sources })
    }

    /// Makes the system and installs a .deb there, with what it says it needs and nothing else.
    pub fn install(&self, deb: &Path) -> Vec<Step> {
        let deb = deb.to_string_lossy();
        let name = deb.rsplit('/').next().unwrap_or_default();
        let bring = format!("--customize-hook=copy-in \"{deb}\" /opt");
        // Its own questions are answered before they are asked, in the one language that every system has.
        let install = format!(
            "--customize-hook=DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot \"$1\" apt-get install --yes --no-install-recommends \"/opt/{name}\""
        );
        let root = self.root.to_string_lossy();
        let mut words = vec!["--variant=apt", "--mode=root", &bring, &install, &self.codename, &root];
        words.extend(self.sources.iter().map(String::as_str));
        vec![self.remove(), as_root("Install the deb in a system of its own", "mmdebstrap", &words)]
    }

    /// Takes the .deb away again, settings included.
    pub fn purge(&self) -> Step {
        let root = self.root.to_string_lossy();
        as_root("Remove the deb again", "chroot", &[&root, "dpkg", "--purge", PACKAGE])
    }

    /// Installs an .rpm beside the libraries that are there already: their names in it are Fedora's, so only its files and
    /// its scripts are tried.
    pub fn install_rpm(&self, rpm: &Path) -> Step {
        let (root, rpm) = (self.root.to_string_lossy(), rpm.to_string_lossy());
        as_root("Install the rpm there", "rpm", &["--root", &root, "--install", "--nodeps", &rpm])
    }

    /// The command line as it is installed there.
    pub fn command_line(&self, title: &str, arguments: &[&str]) -> Step {
        let root = self.root.to_string_lossy();
        as_root(title, "chroot", &[&[&*root, "/usr/bin/mcp-auth-check"], arguments].concat())
    }

    /// A program that opens the window which is installed there, on this computer's screen.
    pub fn opener(&self, at: &Path) -> Result<(), Failure> {
        fs::write(at, self.script()).map_err(Failure::file(at))?;
        make_executable(at)
    }

    fn script(&self) -> String {
        format!(
            "#!/bin/sh\n\
             # Opens the window that is installed in a system of its own, with the PATH that it was given.\n\
             given=$PATH; PATH=/usr/sbin:/usr/bin:/sbin:/bin\n\
             exec unshare --map-root-user --mount /bin/sh -c 'for place in /proc /sys /dev /tmp; do \
             mount --rbind \"$place\" \"$0$place\" || exit 1; done; given=$1; shift; \
             exec chroot \"$0\" /usr/bin/env PATH=\"$given\" {WINDOW} \"$@\"' '{}' \"$given\" \"$@\"\n",
            self.root.to_string_lossy().replace('\'', r"'\''")
        )
    }

    /// Which of these files are there.
    pub fn holds<'a>(&self, paths: &[&'a str]) -> Vec<&'a str> {
        let is_there = |path: &&&str| self.root.join(path.trim_start_matches('/')).exists();
        paths.iter().filter(is_there).copied().collect()
    }

    /// Removes the whole system.
    pub fn remove(&self) -> Step {
        let root = self.root.to_string_lossy();
        as_root("Clear the place for that system", "rm", &["-rf", "--one-file-system", &root])
    }

    /// Says what kind it is.
    pub fn announce(&self) {
        say(&format!("\nThe packages are installed in a system of their own ({}), and started there.", self.codename));
    }
}

/// A step with the rights of the administrator.
fn as_root(title: &str, program: &str, words: &[&str]) -> Step {
    if crate::setup::is_root() {
        Step::new(title, program, words)
    } else {
        Step::new(title, "sudo", &[&[program], words].concat())
    }
}

/// A value of os-release, without its quotes.
fn word_of(release: &str, name: &str) -> Option<String> {
    let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(line.trim().trim_matches('"').to_owned()).filter(|word| !word.is_empty())
}

/// Where the new system takes its packages from: what this one uses, where another can use it too.
fn sources(
    files: impl Iterator<Item = (String, String)>,
    system: &str,
    processor: &str,
    codename: &str,
) -> Vec<String> {
    // A list of mirrors in a file of this computer's is not there in the new system.
    let usable = |text: &str| {
        let mut lines =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
        lines.peek().is_some() && lines.all(|line| !line.contains("mirror+") && !line.contains("file:"))
    };
    let own: Vec<String> = files.filter(|(_, text)| usable(text)).map(|(path, _)| path).collect();
    if !own.is_empty() || system != "ubuntu" {
        return own;
    }
    let mirror =
        if processor == "x86_64" { "http://archive.ubuntu.com/ubuntu" } else { "http://ports.ubuntu.com/ubuntu-ports" };
    ["", "-updates", "-security"].map(|part| format!("deb {mirror} {codename}{part} main universe")).to_vec()
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(Failure::file(path))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(files: &[(&str, &str)], system: &str, processor: &str) -> Vec<String> {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        sources(files, system, processor, "noble")
    }

    #[test]
    fn the_new_system_takes_its_packages_from_where_this_one_does() {
        let debian = ("/etc/apt/sources.list.d/debian.sources", "Types: deb\nURIs: http://deb.debian.org/debian\n");
        let empty = ("/etc/apt/sources.list", "# moved to another file\n\n");
        assert_eq!(from(&[debian, empty], "debian", "x86_64"), [debian.0]);
    }

    #[test]
    fn a_list_of_mirrors_that_only_this_computer_has_is_not_handed_on() {
        let listed = ("ubuntu.sources", "Types: deb\nURIs: mirror+file:/etc/apt/apt-mirrors.txt\n");
        let lines = from(&[listed], "ubuntu", "aarch64");
        assert_eq!(lines[0], "deb http://ports.ubuntu.com/ubuntu-ports noble main universe");
        assert_eq!(lines.len(), 3);
        assert!(from(&[listed], "ubuntu", "x86_64")[1].contains("archive.ubuntu.com/ubuntu noble-updates"));
        assert_eq!(from(&[listed], "debian", "x86_64"), [""; 0], "mmdebstrap knows Debian's mirror itself");
    }

    #[test]
    fn os_release_is_read_with_and_without_quotes() {
        let text = "ID=ubuntu\nVERSION_CODENAME=\"noble\"\nEMPTY=\n";
        assert_eq!(word_of(text, "ID").as_deref(), Some("ubuntu"));
        assert_eq!(word_of(text, "VERSION_CODENAME").as_deref(), Some("noble"));
        assert_eq!(word_of(text, "EMPTY"), None);
        assert_eq!(word_of(text, "VERSION"), None, "a name is whole");
    }

    #[test]
    fn the_opener_keeps_a_strange_folder_in_one_piece() {
        let scratch = Scratch { root: "/a b/it's".into(), codename: "noble".to_owned(), sources: Vec::new() };
        let text = scratch.script();
        assert!(text.ends_with("\"$@\"' '/a b/it'\\''s' \"$given\" \"$@\"\n"), "{text}");
    }
}
