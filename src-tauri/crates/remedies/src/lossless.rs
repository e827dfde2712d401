//! Paths in a journal, exactly: a name that is not text comes back as it was.

use std::ffi::{OsStr, OsString};

use serde::{Deserialize, Serialize};

/// A name: as text where it is text, else as the system's own units.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Units { units: Vec<u16> },
}

impl From<&OsStr> for Name {
    fn from(name: &OsStr) -> Self {
        name.to_str().map_or_else(|| Self::Units { units: units(name) }, |text| Self::Text(text.to_owned()))
    }
}

impl From<Name> for OsString {
    fn from(name: Name) -> Self {
        match name {
            Name::Text(text) => text.into(),
            Name::Units { units } => from_units(&units),
        }
    }
}

#[cfg(unix)]
fn units(name: &OsStr) -> Vec<u16> {
    use std::os::unix::ffi::OsStrExt;
    name.as_bytes().iter().map(|byte| u16::from(*byte)).collect()
}

#[cfg(unix)]
fn from_units(units: &[u16]) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(units.iter().map(|unit| u8::try_from(*unit).unwrap_or(b'?')).collect())
}

#[cfg(windows)]
fn units(name: &OsStr) -> Vec<u16> {
    use std::os::windows::ffi::OsStrExt;
    name.encode_wide().collect()
}

#[cfg(windows)]
fn from_units(units: &[u16]) -> OsString {
    use std::os::windows::ffi::OsStringExt;
    OsString::from_wide(units)
}

/// The bytes of a name, for a digest.
pub(crate) fn bytes(name: &OsStr) -> Vec<u8> {
    units(name).into_iter().flat_map(u16::to_be_bytes).collect()
}

pub(crate) mod name {
    use super::{Deserialize, Name, OsString, Serialize};

    pub fn serialize<S: serde::Serializer>(name: &OsString, serializer: S) -> Result<S::Ok, S::Error> {
        Name::from(name.as_os_str()).serialize(serializer)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<OsString, D::Error> {
        Name::deserialize(deserializer).map(Into::into)
    }
}

pub(crate) mod path {
    use std::path::PathBuf;

    use super::{Deserialize, Name, OsString, Serialize};

    pub fn serialize<S: serde::Serializer>(path: &std::path::Path, serializer: S) -> Result<S::Ok, S::Error> {
        Name::from(path.as_os_str()).serialize(serializer)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        Name::deserialize(deserializer).map(|name| PathBuf::from(OsString::from(name)))
    }
}

pub(crate) mod names {
    use super::{Deserialize, Name, OsString, Serialize};

    pub fn serialize<S: serde::Serializer>(names: &[OsString], serializer: S) -> Result<S::Ok, S::Error> {
        names.iter().map(|name| Name::from(name.as_os_str())).collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<OsString>, D::Error> {
        Vec::<Name>::deserialize(deserializer).map(|names| names.into_iter().map(Into::into).collect())
    }
}
