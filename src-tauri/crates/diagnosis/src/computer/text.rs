//! A config's text, taken apart with the place of everything in it.
//!
//! One tree for JSON, YAML and TOML. JSON is read by hand: people's configs have comments, trailing commas, byte order marks
//! and curly quotes, and each of them has to be named with its line and column, while the rest is still read.

use std::borrow::Cow;
use std::ops::Range;

use yaml_rust2::parser::{Event, Parser};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JSON as its specification has it.
    Json,
    /// JSON with comments and trailing commas.
    Jsonc,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
}

/// One value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'a> {
    /// The bytes that it takes up in the text. YAML: the place of its start only.
    pub span: Range<usize>,
    /// What it is.
    pub value: Value<'a>,
}

/// A value of any of the formats.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// As written.
    Number(Cow<'a, str>),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// Names and values, in order; a name may stand twice.
    Table(Vec<Member<'a>>),
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member<'a> {
    /// The name.
    pub name: Cow<'a, str>,
    /// Where the name begins.
    pub at: usize,
    /// The value.
    pub node: Node<'a>,
}

impl<'a> Node<'a> {
    /// The value under this name; the last one counts, as in every parser of the clients.
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.members().iter().rev().find(|member| member.name == name).map(|member| &member.node)
    }

    /// The value at the end of this way of names, or of numbers in lists.
    pub fn at(&self, way: &[&str]) -> Option<&Node<'a>> {
        way.iter().try_fold(self, |node, step| match &node.value {
            Value::List(items) => items.get(step.parse::<usize>().ok()?),
            _ => node.get(step),
        })
    }

    /// Names and values; none when it is something else.
    pub fn members(&self) -> &[Member<'a>] {
        match &self.value {
            Value::Table(members) => members,
            _ => &[],
        }
    }

    /// The items; none when it is something else.
    pub fn items(&self) -> &[Node<'a>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, when it is one that fits.
    pub fn number(&self) -> Option<f64> {
        match &self.value {
            Value::Number(text) => text.replace('_', "").parse().ok(),
            _ => None,
        }
    }

    /// Yes or no, when it is that.
    pub fn flag(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// It is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.value, Value::Table(_))
    }
}

/// Line and column, from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

/// The place of a byte in a text.
pub fn place(text: &str, at: usize) -> Place {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    Place { line, column: before[start..].trim_start_matches(BOM).chars().count() + 1 }
}

/// The places of many bytes of one text: the beginnings of its lines, looked up.
pub struct Lines(Vec<usize>);

impl Lines {
    /// Of this text.
    pub fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The line of a byte, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.0.partition_point(|start| *start <= at)
    }
}

const BOM: char = '\u{feff}';

/// Why a text is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The byte.
    pub at: usize,
    /// One clause, e.g. "a comma is missing between two entries".
    pub what: String,
    /// A curly quote stands where a straight one should.
    pub curly: bool,
}

/// What strict JSON does not have, and was there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extras {
    /// The text begins with a byte order mark.
    pub mark: bool,
    /// The first comment.
    pub comment: Option<usize>,
    /// The first trailing comma.
    pub trailing_comma: Option<usize>,
}

/// Takes a text apart. Extras are only ever found in JSON.
///
/// # Errors
/// The first fault, when it is not in the format at all.
pub fn read(text: &str, format: Format) -> Result<(Node<'_>, Extras), Fault> {
    match format {
        Format::Json | Format::Jsonc => Json::read(text),
        Format::Yaml => yaml(text).map(|node| (node, Extras::default())),
        Format::Toml => toml(text).map(|node| (node, Extras::default())),
    }
}

/// Deeper is not a config.
const DEEPEST: usize = 96;

struct Json<'a> {
    text: &'a str,
    at: usize,
    extras: Extras,
}

impl<'a> Json<'a> {
    fn read(text: &'a str) -> Result<(Node<'a>, Extras), Fault> {
        let mark = text.starts_with(BOM);
        let mut json =
            Self { text, at: if mark { BOM.len_utf8() } else { 0 }, extras: Extras { mark, ..Extras::default() } };
        let node = json.value(0)?;
        json.space()?;
        match json.rest().chars().next() {
            None => Ok((node, json.extras)),
            Some(next) => Err(json.fault(format!("something ({next}) follows after the end"))),
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault(&self, what: impl Into<String>) -> Fault {
        self.fault_at(self.at, what)
    }

    fn fault_at(&self, at: usize, what: impl Into<String>) -> Fault {
        let curly = self.text[at..].chars().next().is_some_and(is_curly);
        let what = if curly {
            "a curly quotation mark stands where a straight one (\") should".to_owned()
        } else {
            what.into()
        };
        Fault { at, what, curly }
    }

    /// Skips white space and comments.
    fn space(&mut self) -> Result<(), Fault> {
        loop {
            match self.next() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'/') if self.rest().starts_with("//") => {
                    self.extras.comment.get_or_insert(self.at);
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                Some(b'/') if self.rest().starts_with("/*") => {
                    self.extras.comment.get_or_insert(self.at);
                    let Some(end) = self.rest().find("*/") else {
                        return Err(self.fault("a comment begins here and does not end"));
                    };
                    self.at += end + 2;
                }
                _ => return Ok(()),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, Fault> {
        self.space()?;
        if depth > DEEPEST {
            return Err(self.fault("it is nested too deeply"));
        }
        let start = self.at;
        let value = match self.next() {
            Some(b'{') => self.table(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') if self.word("true") => Value::Bool(true),
            Some(b'f') if self.word("false") => Value::Bool(false),
            Some(b'n') if self.word("null") => Value::Null,
            None => return Err(self.fault("the text ends too early")),
            Some(b'\'') => return Err(self.fault("a text stands in single quotation marks; it needs double ones (\")")),
            Some(b'}' | b']' | b',') => return Err(self.fault("a value is missing")),
            Some(_) => return Err(self.fault("this is no value: texts stand in double quotation marks (\")")),
        };
        Ok(Node { span: start..self.at, value })
    }

    fn word(&mut self, word: &str) -> bool {
        let there = self.rest().starts_with(word);
        if there {
            self.at += word.len();
        }
        there
    }

    fn number(&mut self) -> Result<Value<'a>, Fault> {
        let start = self.at;
        let length = self
            .rest()
            .bytes()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .count();
        let text = &self.rest()[..length];
        if text.parse::<f64>().is_err() {
            return Err(self.fault("this is no number"));
        }
        self.at = start + length;
        Ok(Value::Number(Cow::Borrowed(text)))
    }

    fn table(&mut self, depth: usize) -> Result<Value<'a>, Fault> {
        let opened = self.at;
        self.at += 1;
        let mut members = Vec::new();
        loop {
            self.space()?;
            match self.next() {
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Table(members));
                }
                None => return Err(self.fault_at(opened, "this { is never closed with }")),
                Some(b'"') => {}
                Some(b'\'') => {
                    return Err(self.fault("a name stands in single quotation marks; it needs double ones (\")"));
                }
                Some(_) => return Err(self.fault("a name in double quotation marks (\") is missing here")),
            }
            let at = self.at;
            let name = self.string()?;
            self.space()?;
            if self.next() != Some(b':') {
                return Err(self.fault("a colon is missing after the name"));
            }
            self.at += 1;
            let node = self.value(depth + 1)?;
            members.push(Member { name, at, node });
            if !self.comma(b'}')? {
                return Ok(Value::Table(members));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value<'a>, Fault> {
        let opened = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.space()?;
            match self.next() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::List(items));
                }
                None => return Err(self.fault_at(opened, "this [ is never closed with ]")),
                Some(_) => {}
            }
            items.push(self.value(depth + 1)?);
            if !self.comma(b']')? {
                return Ok(Value::List(items));
            }
        }
    }

    /// After an entry: a comma and more (true), or the end (false), which is then behind us.
    fn comma(&mut self, end: u8) -> Result<bool, Fault> {
        let after = self.at;
        self.space()?;
        match self.next() {
            Some(b',') => {
                let comma = self.at;
                self.at += 1;
                self.space()?;
                if self.next() == Some(end) {
                    self.extras.trailing_comma.get_or_insert(comma);
                    self.at += 1;
                    return Ok(false);
                }
                Ok(true)
            }
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(false)
            }
            None => Err(self.fault("the text ends too early; a closing bracket is missing")),
            Some(b'"' | b'{' | b'[') => Err(self.fault_at(after, "a comma is missing between two entries")),
            Some(_) => Err(self.fault("a comma or a closing bracket is missing here")),
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        let opened = self.at;
        self.at += 1;
        let bytes = self.text.as_bytes();
        let start = self.at;
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    let whole = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(Cow::Borrowed(whole));
                }
                b'\\' => break,
                0..=0x1f => return Err(self.open_text(opened)),
                _ => self.at += 1,
            }
        }
        let mut text = self.text[start..self.at].to_owned();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                b'\\' => text.push(self.escape()?),
                0..=0x1f => return Err(self.open_text(opened)),
                _ => {
                    let run =
                        bytes[self.at..].iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count();
                    text.push_str(&self.text[self.at..self.at + run]);
                    self.at += run;
                }
            }
        }
        Err(self.open_text(opened))
    }

    /// A text that is not closed on its line: often because it was closed with a curly quote.
    fn open_text(&self, opened: usize) -> Fault {
        let line = self.text[opened..].lines().next().unwrap_or_default();
        match line.char_indices().find(|(_, character)| is_curly(*character)) {
            Some((curly, _)) => self.fault_at(opened + curly, ""),
            None => self.fault_at(opened, "this text is not closed with a quotation mark (\") on its line"),
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let at = self.at;
        let character = match self.text.as_bytes().get(at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => {
                return Err(self
                    .fault("a backslash stands here that begins nothing; in a path each one is written twice (\\\\)"));
            }
        };
        self.at += 2;
        Ok(character)
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        let unit = |at: usize| {
            let digits = self.text.get(at + 2..at + 6)?;
            u32::from_str_radix(digits, 16).ok().filter(|_| self.text[at..].starts_with("\\u"))
        };
        let at = self.at;
        let Some(first) = unit(at) else { return Err(self.fault("four digits are missing after \\u")) };
        if (0xd800..0xdc00).contains(&first)
            && let Some(second) = unit(at + 6).filter(|second| (0xdc00..0xe000).contains(second))
        {
            self.at += 12;
            let joined = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.at += 6;
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

/// The quotation marks that word processors and chats put in place of straight ones.
fn is_curly(character: char) -> bool {
    matches!(character, '\u{201c}'..='\u{201f}' | '\u{2018}'..='\u{201b}' | '\u{ab}' | '\u{bb}' | '\u{2033}' | '\u{ff02}')
}

/// YAML, without following references: a config's few are not worth an endless document.
fn yaml(text: &str) -> Result<Node<'_>, Fault> {
    enum Open<'a> {
        List(usize, Vec<Node<'a>>),
        Table(usize, Vec<Member<'a>>, Option<(Cow<'a, str>, usize)>),
    }
    let starts: Vec<usize> = Lines::of(text).0;
    let byte_of = |line: usize, column: usize| {
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(text.len());
        text[start..].char_indices().nth(column).map_or(text.len(), |(at, _)| start + at)
    };
    let mut parser = Parser::new_from_str(text.trim_start_matches(BOM));
    let mut open: Vec<Open<'_>> = Vec::new();
    loop {
        let (event, mark) = parser.next_token().map_err(|error| Fault {
            at: byte_of(error.marker().line(), error.marker().col()),
            what: error.info().to_owned(),
            curly: false,
        })?;
        let at = byte_of(mark.line(), mark.col());
        let whole = |value| Node { span: at..at, value };
        let done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::List(at, Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Table(at, Vec::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|closed| match closed {
                Open::List(start, items) => Node { span: start..start, value: Value::List(items) },
                Open::Table(start, members, _) => Node { span: start..start, value: Value::Table(members) },
            }),
            Event::Scalar(text, style, ..) => Some(whole(scalar(text, style))),
            Event::Alias(_) => Some(whole(Value::Null)),
            Event::StreamEnd => return Ok(whole(Value::Null)),
            Event::DocumentEnd | Event::Nothing | Event::StreamStart | Event::DocumentStart => None,
        };
        if open.len() > DEEPEST {
            return Err(Fault { at, what: "it is nested too deeply".to_owned(), curly: false });
        }
        let Some(node) = done else { continue };
        match open.last_mut() {
            None => return Ok(node),
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Table(_, members, name)) => match name.take() {
                Some((name, at)) => members.push(Member { name, at, node }),
                None => {
                    let text = match node.value {
                        Value::Text(text) | Value::Number(text) => text,
                        Value::Bool(flag) => Cow::Owned(flag.to_string()),
                        _ => Cow::Borrowed(""),
                    };
                    *name = Some((text, at));
                }
            },
        }
    }
}

fn scalar<'a>(text: String, style: yaml_rust2::scanner::TScalarStyle) -> Value<'a> {
    if style != yaml_rust2::scanner::TScalarStyle::Plain {
        return Value::Text(Cow::Owned(text));
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number if number.parse::<f64>().is_ok() && number.bytes().any(|byte| byte.is_ascii_digit()) => {
            Value::Number(Cow::Owned(text))
        }
        _ => Value::Text(Cow::Owned(text)),
    }
}

fn toml(text: &str) -> Result<Node<'_>, Fault> {
    use toml::de::{DeTable, DeValue};

    fn table<'a>(table: DeTable<'a>) -> Value<'a> {
        let member = |(name, value): (toml::Spanned<Cow<'a, str>>, toml::Spanned<DeValue<'a>>)| {
            let at = name.span().start;
            let span = value.span();
            Member { name: name.into_inner(), at, node: Node { span, value: convert(value.into_inner()) } }
        };
        Value::Table(table.into_iter().map(member).collect())
    }
    fn convert(value: DeValue<'_>) -> Value<'_> {
        match value {
            DeValue::String(text) => Value::Text(text),
            DeValue::Boolean(flag) => Value::Bool(flag),
            DeValue::Integer(number) => Value::Number(Cow::Owned(number.as_str().to_owned())),
            DeValue::Float(number) => Value::Number(Cow::Owned(number.as_str().to_owned())),
            DeValue::Datetime(date) => Value::Text(Cow::Owned(date.to_string())),
            DeValue::Array(items) => Value::List(
                items.into_iter().map(|item| Node { span: item.span(), value: convert(item.into_inner()) }).collect(),
            ),
            DeValue::Table(inner) => table(inner),
        }
    }
    let without_mark = text.trim_start_matches(BOM);
    let shift = text.len() - without_mark.len();
    let parsed = DeTable::parse(without_mark).map_err(|error| Fault {
        at: shift + error.span().map_or(0, |span| span.start),
        what: error.message().to_owned(),
        curly: without_mark[error.span().map_or(0, |span| span.start)..].chars().next().is_some_and(is_curly),
    })?;
    let span = parsed.span();
    let mut tree = Node { span, value: table(parsed.into_inner()) };
    // Where a table of TOML stands is where its first word stands; the order is that of the text.
    if let Value::Table(members) = &mut tree.value {
        members.sort_by_key(|member| member.at);
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(text: &str) -> (Node<'_>, Extras) {
        read(text, Format::Jsonc).expect("readable")
    }

    #[test]
    fn json_with_everything_that_people_put_into_it_is_read() {
        let text = "\u{feff}{\n  // who\n  \"a\": {\"b\": [1, true, null, \"x\\u00e9\\n\\ud83d\\ude00\",],},\n}\n";
        let (node, extras) = json(text);
        assert!(extras.mark);
        assert_eq!(place(text, extras.comment.expect("a comment")), Place { line: 2, column: 3 });
        assert_eq!(place(text, extras.trailing_comma.expect("a comma")).line, 3);
        assert_eq!(node.at(&["a", "b", "3"]).and_then(Node::text), Some("xé\n😀"));
        let list = node.at(&["a", "b"]).expect("a list");
        assert!(text[list.span.clone()].starts_with("[1,") && text[list.span.clone()].ends_with(']'));
    }

    #[test]
    fn every_fault_has_its_place() {
        let fault = |text: &str| {
            let fault = read(text, Format::Json).expect_err("not JSON");
            let at = place(text, fault.at);
            (at.line, at.column, fault.curly)
        };
        assert_eq!(fault("{\n  \u{201c}a\u{201d}: 1\n}"), (2, 3, true));
        assert_eq!(fault("{\"a\": \"b\u{201d}\n}"), (1, 9, true));
        assert_eq!(fault("{\"a\": 1\n \"b\": 2}"), (1, 8, false));
        assert_eq!(fault("{\"a\": 1"), (1, 8, false));
        assert_eq!(fault("{'a': 1}"), (1, 2, false));
        assert_eq!(fault("{\"a\": \"C:\\Users\"}"), (1, 10, false));
        assert_eq!(fault(""), (1, 1, false));
        assert_eq!(fault(&"[".repeat(100_000)), (1, 98, false));
    }

    #[test]
    fn yaml_and_toml_become_the_same_tree() {
        let yaml = "mcpServers:\n  - name: todo\n    type: streamable-http\n    url: https://mcp.example.com/mcp\n";
        let (node, _) = read(yaml, Format::Yaml).expect("YAML");
        let url = node.at(&["mcpServers", "0", "url"]).expect("a URL");
        assert_eq!(url.text(), Some("https://mcp.example.com/mcp"));
        assert_eq!(place(yaml, url.span.start).line, 4);

        let toml = "[mcp_servers.todo]\nurl = \"https://mcp.example.com/mcp\"\nenabled = false\n";
        let (node, _) = read(toml, Format::Toml).expect("TOML");
        assert_eq!(node.at(&["mcp_servers", "todo", "url"]).and_then(Node::text), Some("https://mcp.example.com/mcp"));
        assert_eq!(node.at(&["mcp_servers", "todo", "enabled"]).and_then(Node::flag), Some(false));
        assert_eq!(read("a = ", Format::Toml).expect_err("not TOML").at, 4);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(text in "\\PC{0,200}|[\\[\\]{},:\"a0\\\\u\n -]{0,200}") {
            for format in [Format::Json, Format::Yaml, Format::Toml] {
                if let Err(fault) = read(&text, format) {
                    place(&text, fault.at);
                }
            }
        }
    }
}
