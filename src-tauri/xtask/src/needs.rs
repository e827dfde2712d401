//! What the tasks need from this computer, how to see that it is there, and what the systems call it.

use std::fs;
use std::process::Command;

use crate::house::on_path;

/// What something is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Looking at the form of the Rust code.
    Lint,
    /// Compiling and testing the engine.
    Engine,
    /// Building and testing the window's pages.
    Ui,
    /// Compiling the shell.
    Shell,
    /// Driving the real window on a virtual screen.
    E2e,
    /// Looking into packages.
    Package,
    /// Real clients, servers and a real browser.
    Interop,
}

/// One thing that must be there. Node has its own file, because its version matters.
pub struct Need {
    /// What it is for.
    pub purpose: Purpose,
    /// What it does, for the person who is asked for a password.
    pub why: &'static str,
    /// How to see that it is there.
    pub proof: Proof,
    /// Debian's and Ubuntu's names; the first one that the system offers is taken.
    pub apt: &'static [&'static str],
    /// Fedora's name.
    pub dnf: &'static str,
    /// Arch's name.
    pub pacman: &'static str,
}

/// How to see that something is there, whatever package brought it.
pub enum Proof {
    /// One of these programs is on the PATH.
    Program(&'static [&'static str]),
    /// pkg-config knows this library.
    Library(&'static str),
    /// This Python module can be imported.
    PythonModule(&'static str),
    /// This folder has something in it.
    Folder(&'static str),
}

impl Proof {
    /// Looks.
    pub fn holds(&self) -> bool {
        let succeeds = |program: &str, arguments: &[&str]| {
            Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
        };
        match self {
            Self::Program(names) => names.iter().any(|name| on_path(name)),
            Self::Library(name) => succeeds("pkg-config", &["--exists", name]),
            Self::PythonModule(name) => succeeds("python3", &["-c", &format!("import {name}")]),
            Self::Folder(path) => fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()),
        }
    }
}

/// Everything that Linux does not bring by itself. macOS and Windows bring their web view; see [`crate::setup`].
pub const LINUX: &[Need] = &[
    Need {
        purpose: Purpose::Engine,
        why: "a C compiler, for the cryptography library",
        proof: Proof::Program(&["cc"]),
        apt: &["build-essential"],
        dnf: "gcc",
        pacman: "base-devel",
    },
    Need {
        purpose: Purpose::Shell,
        why: "finds the web view when the app is compiled",
        proof: Proof::Program(&["pkg-config"]),
        apt: &["pkg-config"],
        dnf: "pkgconf-pkg-config",
        pacman: "pkgconf",
    },
    Need {
        purpose: Purpose::Shell,
        why: "the web view that draws the window",
        proof: Proof::Library("webkit2gtk-4.1"),
        apt: &["libwebkit2gtk-4.1-dev"],
        dnf: "webkit2gtk4.1-devel",
        pacman: "webkit2gtk-4.1",
    },
    Need {
        purpose: Purpose::E2e,
        why: "a virtual screen for the window under test",
        proof: Proof::Program(&["Xvfb"]),
        apt: &["xvfb"],
        dnf: "xorg-x11-server-Xvfb",
        pacman: "xorg-server-xvfb",
    },
    Need {
        purpose: Purpose::E2e,
        why: "the key to the virtual screen",
        proof: Proof::Program(&["xauth"]),
        apt: &["xauth"],
        dnf: "xorg-x11-xauth",
        pacman: "xorg-xauth",
    },
    Need {
        purpose: Purpose::E2e,
        why: "presses the buttons in the window under test",
        proof: Proof::Program(&["WebKitWebDriver"]),
        apt: &["webkit2gtk-driver"],
        dnf: "webkit2gtk-driver",
        pacman: "webkit2gtk-4.1",
    },
    Need {
        purpose: Purpose::E2e,
        why: "a message bus of its own for the window under test",
        proof: Proof::Program(&["dbus-run-session"]),
        apt: &["dbus"],
        dnf: "dbus-daemon",
        pacman: "dbus",
    },
    Need {
        purpose: Purpose::E2e,
        why: "letters for the window under test",
        proof: Proof::Folder("/usr/share/fonts"),
        apt: &["fonts-dejavu-core"],
        dnf: "dejavu-sans-fonts",
        pacman: "ttf-dejavu",
    },
    Need {
        purpose: Purpose::E2e,
        why: "shows the app under test a clock in 1970",
        proof: Proof::Program(&["faketime"]),
        apt: &["faketime"],
        dnf: "libfaketime",
        pacman: "libfaketime",
    },
    Need {
        purpose: Purpose::Package,
        why: "looks into the .rpm",
        proof: Proof::Program(&["rpm"]),
        apt: &["rpm"],
        dnf: "rpm",
        pacman: "rpm-tools",
    },
    Need {
        purpose: Purpose::Package,
        why: "checks the desktop entry",
        proof: Proof::Program(&["desktop-file-validate"]),
        apt: &["desktop-file-utils"],
        dnf: "desktop-file-utils",
        pacman: "desktop-file-utils",
    },
    Need {
        purpose: Purpose::Package,
        why: "checks the description for software centres",
        proof: Proof::Program(&["appstreamcli"]),
        apt: &["appstream"],
        dnf: "appstream",
        pacman: "appstream",
    },
    Need {
        purpose: Purpose::Package,
        why: "makes a small system to install the packages in",
        // Only systems with apt can make one; the others do without.
        proof: Proof::Program(&["mmdebstrap", "dnf", "pacman"]),
        apt: &["mmdebstrap"],
        dnf: "mmdebstrap",
        pacman: "mmdebstrap",
    },
    Need {
        purpose: Purpose::Interop,
        why: "a real browser",
        proof: Proof::Program(&["chromium", "chromium-browser", "google-chrome"]),
        apt: &["chromium", "chromium-browser"],
        dnf: "chromium",
        pacman: "chromium",
    },
    Need {
        purpose: Purpose::Interop,
        why: "opens the browser the way the desktop does",
        proof: Proof::Program(&["xdg-open"]),
        apt: &["xdg-utils"],
        dnf: "xdg-utils",
        pacman: "xdg-utils",
    },
    Need {
        purpose: Purpose::Interop,
        why: "a place for the real Python servers",
        proof: Proof::PythonModule("ensurepip"),
        apt: &["python3-venv"],
        dnf: "python3",
        pacman: "python",
    },
];
