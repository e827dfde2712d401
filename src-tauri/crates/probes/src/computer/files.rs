//! Reading a file that somebody else wrote: never more than a cap, never waiting, and every refusal a sentence.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use mcp_auth_diagnosis::computer::ProblemKind;

/// More than this is no config and no store.
pub(crate) const LARGEST: u64 = 16 * 1024 * 1024;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Refused {
    pub kind: ProblemKind,
    /// One clause that fits after the path.
    pub what: String,
}

/// A file's text, or `None` when there is none.
pub(crate) fn text(path: &Path, largest: u64) -> Result<Option<String>, Refused> {
    let refuse = |kind, what: String| Err(Refused { kind, what });
    // A pipe or a device would keep us waiting.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            return refuse(ProblemKind::Unreadable, "is a folder, not a file".to_owned());
        }
        Ok(metadata) if !metadata.is_file() => {
            return refuse(ProblemKind::Unreadable, "is not an ordinary file".to_owned());
        }
        Ok(metadata) if metadata.len() > largest => {
            let what = format!("is {} MB large and was not read", metadata.len() / 1_000_000);
            return refuse(ProblemKind::TooLarge, what);
        }
        Ok(_) => {}
        Err(error) => return missing_or(path, &error),
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(largest + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return missing_or(path, &error);
    }
    if bytes.len() as u64 > largest {
        return refuse(ProblemKind::TooLarge, "grew while it was read".to_owned());
    }
    match String::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => refuse(ProblemKind::NotText, "holds binary data, not text".to_owned()),
        Ok(text) => Ok(Some(text)),
        Err(error) => {
            let bytes = error.as_bytes();
            let what = match bytes {
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "is written as UTF-16; save it as UTF-8",
                _ => "is not text in UTF-8",
            };
            refuse(ProblemKind::NotText, what.to_owned())
        }
    }
}

fn missing_or<T>(path: &Path, error: &io::Error) -> Result<Option<T>, Refused> {
    match error.kind() {
        // A link that leads nowhere is worth a word; a file that is not there is not.
        ErrorKind::NotFound | ErrorKind::NotADirectory => match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() => {
                Err(Refused { kind: ProblemKind::Unreadable, what: "is a link to a file that is not there".to_owned() })
            }
            _ => Ok(None),
        },
        _ => Err(refused(error)),
    }
}

/// Why something could not be read, as a clause.
pub(crate) fn refused(error: &io::Error) -> Refused {
    // ELOOP: 40 on Linux, 62 on macOS; the kind has no stable name.
    if matches!(error.raw_os_error(), Some(40 | 62)) && cfg!(unix) {
        return Refused { kind: ProblemKind::LinkLoop, what: "is a link that leads back to itself".to_owned() };
    }
    match error.kind() {
        ErrorKind::PermissionDenied => Refused {
            kind: ProblemKind::Unreadable,
            what: "may not be read (permission denied); its owner or its permissions are not yours".to_owned(),
        },
        _ => {
            let text = error.to_string();
            // The system's words, without its number.
            let what = format!("could not be read: {}", text.split(" (os error").next().unwrap_or(&text));
            Refused { kind: ProblemKind::Unreadable, what }
        }
    }
}

/// When a file was last written, in milliseconds since the Unix epoch.
pub(crate) fn modified_ms(metadata: &fs::Metadata) -> Option<u64> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}
