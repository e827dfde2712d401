//! What is printed: plain, calm, and never able to command the terminal.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::Mutex;

use crate::Exit;

/// Text for standard output, collected and printed at once.
pub struct Paper {
    text: String,
    coloured: bool,
}

/// How a piece of text stands out where colours are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
}

impl Paper {
    /// Coloured when a person reads it and has not asked for less (<https://no-color.org>).
    pub fn new() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { text: String::new(), coloured: std::io::stdout().is_terminal() && !refused }
    }

    /// One line. What servers said in it cannot do anything.
    pub fn line(&mut self, ink: Ink, text: &str) -> &mut Self {
        let text = inert(text);
        let code = match ink {
            Ink::Plain => "",
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Good => "32",
            Ink::Bad => "31",
        };
        if self.coloured && !code.is_empty() {
            self.text.push_str(&format!("\u{1b}[{code}m{text}\u{1b}[0m\n"));
        } else {
            self.text.push_str(&text);
            self.text.push('\n');
        }
        self
    }

    /// A plain line.
    pub fn plain(&mut self, text: &str) -> &mut Self {
        self.line(Ink::Plain, text)
    }

    /// An empty line.
    pub fn gap(&mut self) -> &mut Self {
        self.text.push('\n');
        self
    }

    /// Prints it.
    pub fn print(&self) {
        note(io::stdout().lock().write_all(self.text.as_bytes()));
    }
}

/// Prints one line of JSON.
pub fn print_json(value: &impl serde::Serialize) {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    note(writeln!(io::stdout().lock(), "{text}"));
}

/// The first thing that could not be written to standard output.
static UNWRITTEN: Mutex<Option<io::Error>> = Mutex::new(None);

fn note(written: io::Result<()>) {
    if let (Err(error), Ok(mut first)) = (written, UNWRITTEN.lock()) {
        first.get_or_insert(error);
    }
}

/// What kept the result from being handed over, once everything is printed: a full disk, for instance. Whoever closed the
/// pipe has read enough.
pub fn unwritten() -> Option<io::Error> {
    note(io::stdout().lock().flush());
    UNWRITTEN.lock().ok()?.take().filter(|error| error.kind() != ErrorKind::BrokenPipe)
}

/// Says something beside the result, on standard error. Where that cannot be written, nobody is there to miss it.
pub fn say(note: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", inert(note));
}

/// Says on standard error what keeps the work from being done.
pub fn complain(exit: Exit, what: &str) -> Exit {
    let _ = writeln!(io::stderr().lock(), "mcp-auth-check: {}", inert(what));
    exit
}

/// Text without control characters, terminal sequences, and marks that turn the direction of writing.
pub fn inert(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => skip_sequence(&mut characters),
            '\n' | '\t' => safe.push(' '),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            other if other.is_control() => {}
            other => safe.push(other),
        }
    }
    safe
}

/// Skips the rest of a terminal sequence after its escape character (ECMA-48 section 5.4).
fn skip_sequence(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match characters.peek() {
        Some('[') => {
            characters.next();
            for character in characters.by_ref() {
                if ('\u{40}'..='\u{7e}').contains(&character) {
                    break;
                }
            }
        }
        // A string for the terminal, such as a title or a link: up to BEL, or up to the next escape character.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(character) = characters.next() {
                if character == '\u{7}' {
                    break;
                }
                if character == '\u{1b}' {
                    characters.next_if_eq(&'\\');
                    break;
                }
            }
        }
        Some(_) => drop(characters.next()),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_cannot_command_the_terminal() {
        assert_eq!(inert("a\u{1b}[31mred\u{1b}[0m b"), "ared b");
        assert_eq!(inert("x\u{1b}]0;title\u{7}y\u{1b}]8;;http://evil\u{1b}\\z"), "xyz");
        assert_eq!(inert("one\r\ntwo\u{8}\u{9b}31m \u{202e}three"), "one two31m three");
        assert_eq!(inert("grün, ✓ 漢"), "grün, ✓ 漢");
    }
}
