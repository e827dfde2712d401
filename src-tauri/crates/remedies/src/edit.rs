//! Takes one entry out of a JSON text, puts one in, or changes one. Everything else stays byte for byte: comments,
//! indentation, the order of the keys, the way numbers are written.

use std::ops::Range;

use jsonc_parser::ast::{ObjectProp, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

/// Deeper is no store and no config.
const DEEPEST: usize = 128;
const MARK: char = '\u{feff}';

/// Why a text was not edited, as a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EditFault {
    #[error("it is not JSON")]
    NotJson,
    #[error("it is nested too deeply")]
    TooDeep,
    #[error("the entry is not there")]
    NotThere,
    #[error("an entry of this name is there already")]
    AlreadyThere,
}

/// The text without the entry at the end of this way of names, or of numbers in lists.
pub(crate) fn without(text: &str, way: &[String]) -> Result<String, EditFault> {
    let cuts = with_tree(text, |root| {
        let (last, ways) = way.split_last().ok_or(EditFault::NotThere)?;
        match follow(root, ways).ok_or(EditFault::NotThere)? {
            Value::Object(object) => {
                // Every one of that name: a name that stands twice would come to life again.
                let at: Vec<usize> =
                    (0..object.properties.len()).filter(|n| name_of(&object.properties[*n]) == *last).collect();
                if at.is_empty() {
                    return Err(EditFault::NotThere);
                }
                let spans: Vec<Range<usize>> = object.properties.iter().map(span).collect();
                Ok(cuts(text, &spans, &at, object.range.end - 1))
            }
            Value::Array(list) => {
                let at = last.parse().ok().filter(|n| *n < list.elements.len()).ok_or(EditFault::NotThere)?;
                let spans: Vec<Range<usize>> = list.elements.iter().map(span).collect();
                Ok(cuts(text, &spans, &[at], list.range.end - 1))
            }
            _ => Err(EditFault::NotThere),
        }
    })?;
    let mut edited = text.to_owned();
    for cut in cuts.into_iter().rev() {
        edited.replace_range(cut, "");
    }
    Ok(edited)
}

/// The text with an entry put in: the raw text of a value under a name at the end of an object, or at the end of a list.
/// `way` ends with the entry's own name.
pub(crate) fn with(text: &str, way: &[String], raw: &str) -> Result<String, EditFault> {
    let (at, addition) = with_tree(text, |root| {
        let (last, ways) = way.split_last().ok_or(EditFault::NotThere)?;
        match follow(root, ways).ok_or(EditFault::NotThere)? {
            Value::Object(object) => {
                if object.properties.iter().any(|one| name_of(one) == *last) {
                    return Err(EditFault::AlreadyThere);
                }
                let entry = format!("{}: {raw}", serde_json::Value::String(last.clone()));
                Ok(addition(text, object.properties.last().map(span), &object.range(), &entry))
            }
            Value::Array(list) => Ok(addition(text, list.elements.last().map(span), &list.range(), raw)),
            _ => Err(EditFault::NotThere),
        }
    })?;
    let mut edited = text.to_owned();
    edited.insert_str(at, &addition);
    Ok(edited)
}

/// The text with the value at the end of this way replaced by another's raw text.
pub(crate) fn replaced(text: &str, way: &[String], raw: &str) -> Result<String, EditFault> {
    let span = with_tree(text, |root| follow(root, way).map(span).ok_or(EditFault::NotThere))?;
    let mut edited = text.to_owned();
    edited.replace_range(span, raw);
    Ok(edited)
}

/// The text with the entry at the end of this way under another name.
pub(crate) fn renamed(text: &str, way: &[String], name: &str) -> Result<String, EditFault> {
    let span = with_tree(text, |root| {
        let (last, ways) = way.split_last().ok_or(EditFault::NotThere)?;
        let Some(Value::Object(object)) = follow(root, ways) else { return Err(EditFault::NotThere) };
        if object.properties.iter().any(|one| name_of(one) == name) {
            return Err(EditFault::AlreadyThere);
        }
        let property = object.properties.iter().find(|one| name_of(one) == *last).ok_or(EditFault::NotThere)?;
        let range = property.name.range();
        Ok(range.start..range.end)
    })?;
    let mut edited = text.to_owned();
    edited.replace_range(span, &serde_json::Value::String(name.to_owned()).to_string());
    Ok(edited)
}

/// The raw text of the value at the end of this way; `None` when it is not there.
pub(crate) fn raw<'a>(text: &'a str, way: &[String]) -> Result<Option<&'a str>, EditFault> {
    with_tree(text, |root| Ok(follow(root, way).map(span))).map(|found| found.map(|span| &text[span]))
}

/// The value at the end of this way.
pub(crate) fn value(text: &str, way: &[String]) -> Result<Option<serde_json::Value>, EditFault> {
    with_tree(text, |root| Ok(follow(root, way).cloned().map(Into::into)))
}

/// The ways to every object of this name that lies not deeper than a config keeps its servers, with the line of the name.
pub(crate) fn ways_to(text: &str, name: &str) -> Result<Vec<(Vec<String>, usize)>, EditFault> {
    fn look(text: &str, value: &Value<'_>, name: &str, way: &mut Vec<String>, found: &mut Vec<(Vec<String>, usize)>) {
        let Value::Object(object) = value else { return };
        for property in &object.properties {
            way.push(name_of(property));
            // A server stands below at least one table.
            if way.len() > 1 && name_of(property) == name && matches!(property.value, Value::Object(_)) {
                found.push((way.clone(), text[..property.range.start].matches('\n').count() + 1));
            } else if way.len() < 4 {
                look(text, &property.value, name, way, found);
            }
            way.pop();
        }
    }
    with_tree(text, |root| {
        let mut found = Vec::new();
        look(text, root, name, &mut Vec::new(), &mut found);
        Ok(found)
    })
}

/// Curly quotation marks that stand where straight ones should. Inside a text they stay.
pub(crate) fn straight(text: &str) -> String {
    let curly = |character: char| matches!(character, '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}');
    let mut straight = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    // What ends the text that we are in: a straight mark, a curly one, the end of a comment; or we are in none.
    let mut inside: Option<char> = None;
    while let Some(character) = characters.next() {
        let written = match inside {
            None => match character {
                '"' => {
                    inside = Some('"');
                    character
                }
                _ if curly(character) => {
                    inside = Some('\u{201d}');
                    '"'
                }
                '/' if characters.peek() == Some(&'/') => {
                    inside = Some('\n');
                    character
                }
                '/' if characters.peek() == Some(&'*') => {
                    inside = Some('*');
                    character
                }
                _ => character,
            },
            Some('"') | Some('\u{201d}') if character == '\\' => {
                straight.push(character);
                match characters.next() {
                    Some(next) => next,
                    None => break,
                }
            }
            Some('"') if character == '"' => {
                inside = None;
                character
            }
            // A text that began with a curly mark may end with either.
            Some('\u{201d}') if curly(character) || character == '"' => {
                inside = None;
                '"'
            }
            Some('\n') if character == '\n' => {
                inside = None;
                character
            }
            Some('*') if character == '*' && characters.peek() == Some(&'/') => {
                inside = None;
                character
            }
            _ => character,
        };
        straight.push(written);
    }
    straight
}

/// The text without its comments; a line that held nothing else goes.
pub(crate) fn without_comments(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut kept = String::with_capacity(text.len());
    let (mut at, mut from, mut quoted) = (0, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'/' if !quoted && matches!(bytes.get(at + 1), Some(b'/' | b'*')) => {
                let end = if bytes[at + 1] == b'/' {
                    text[at..].find('\n').map_or(bytes.len(), |end| at + end)
                } else {
                    text[at + 2..].find("*/").map_or(bytes.len(), |end| at + 2 + end + 2)
                };
                let end = if text[..end].ends_with('\r') { end - 1 } else { end };
                let cut = whole_lines(text, at, end.max(at));
                // Spaces between a value and its comment go with the comment.
                let begin = if cut.start < at { cut.start } else { text[..at].trim_end_matches([' ', '\t']).len() };
                kept.push_str(&text[from.min(begin)..begin]);
                from = if cut.start < at { cut.end } else { end };
                at = from;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}

/// The text with a comma between every two neighbours.
pub(crate) fn with_commas(text: &str) -> Result<String, EditFault> {
    fn look(text: &str, value: &Value<'_>, missing: &mut Vec<usize>) {
        let (spans, values): (Vec<Range<usize>>, Vec<&Value<'_>>) = match value {
            Value::Object(object) => object.properties.iter().map(|one| (span(one), &one.value)).unzip(),
            Value::Array(list) => list.elements.iter().map(|one| (span(one), one)).unzip(),
            _ => return,
        };
        for pair in spans.windows(2) {
            if comma(text, pair[0].end, pair[1].start).is_none() {
                missing.push(pair[0].end);
            }
        }
        values.into_iter().for_each(|value| look(text, value, missing));
    }
    let mut missing = parse(text, true, |root| {
        let mut missing = Vec::new();
        look(text, root, &mut missing);
        Ok(missing)
    })?;
    missing.sort_unstable();
    let mut edited = text.to_owned();
    for at in missing.into_iter().rev() {
        edited.insert(at, ',');
    }
    Ok(edited)
}

/// Every comma that has nothing after it, and the byte order mark: what strict JSON does not have.
pub(crate) fn strict(text: &str) -> Result<String, EditFault> {
    let commas = with_tree(text, |root| {
        let mut commas = Vec::new();
        trailing(text, root, &mut commas);
        Ok(commas)
    })?;
    let mut edited = text.to_owned();
    for at in commas.into_iter().rev() {
        edited.remove(at);
    }
    Ok(edited.strip_prefix(MARK).map(str::to_owned).unwrap_or(edited))
}

fn trailing(text: &str, value: &Value<'_>, commas: &mut Vec<usize>) {
    let (end, last) = match value {
        Value::Object(object) => {
            object.properties.iter().for_each(|one| trailing(text, &one.value, commas));
            (object.range.end, object.properties.last().map(|one| one.range.end))
        }
        Value::Array(list) => {
            list.elements.iter().for_each(|one| trailing(text, one, commas));
            (list.range.end, list.elements.last().map(|one| one.range().end))
        }
        _ => return,
    };
    if let Some(comma) = last.and_then(|last| comma(text, last, end)) {
        commas.push(comma);
    }
}

/// Parses with comments and trailing commas, and nothing looser. The tree's places count from the text's begin.
fn with_tree<T>(text: &str, work: impl FnOnce(&Value<'_>) -> Result<T, EditFault>) -> Result<T, EditFault> {
    parse(text, false, work)
}

fn parse<T>(
    text: &str,
    missing_commas: bool,
    work: impl FnOnce(&Value<'_>) -> Result<T, EditFault>,
) -> Result<T, EditFault> {
    if too_deep(text) {
        return Err(EditFault::TooDeep);
    }
    // A mark is one character that the parser would take for a word: it is read as the space that it is.
    let spaced;
    let text = if let Some(rest) = text.strip_prefix(MARK) {
        spaced = format!("{}{rest}", " ".repeat(MARK.len_utf8()));
        &spaced
    } else {
        text
    };
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: missing_commas,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|_| EditFault::NotJson)?;
    work(parsed.value.as_ref().ok_or(EditFault::NotJson)?)
}

fn too_deep(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    text.bytes().any(|byte| {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else {
            match byte {
                b'"' => quoted = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        depth > DEEPEST
    })
}

fn follow<'v, 'a>(value: &'v Value<'a>, way: &[String]) -> Option<&'v Value<'a>> {
    way.iter().try_fold(value, |value, step| match value {
        // The last one of a name counts, as it does for the clients.
        Value::Object(object) => object.properties.iter().rev().find(|one| name_of(one) == *step).map(|one| &one.value),
        Value::Array(list) => list.elements.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

fn name_of(property: &ObjectProp<'_>) -> String {
    property.name.clone().into_string()
}

fn span(ranged: &impl Ranged) -> Range<usize> {
    let range = ranged.range();
    range.start..range.end
}

/// What has to go so that these members are gone: themselves, one comma each, and the line where they stood alone on it.
fn cuts(text: &str, members: &[Range<usize>], gone: &[usize], end: usize) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    let last_kept = (0..members.len()).rev().find(|n| !gone.contains(n));
    for n in gone {
        let member = &members[*n];
        let next = members.get(n + 1).map_or(end, |next| next.start);
        // The comma behind it goes with it.
        let stop = comma(text, member.end, next).map_or(member.end, |at| at + 1);
        cuts.push(whole_lines(text, member.start, stop));
    }
    // When the last one went and nothing follows, the comma before it would be left over.
    let had_comma = members.last().is_some_and(|last| comma(text, last.end, end).is_some());
    if let Some(kept) = last_kept.filter(|kept| kept + 1 < members.len() && !had_comma)
        && let Some(at) = comma(text, members[kept].end, members[kept + 1].start)
    {
        let blanks = text[at + 1..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        // On one line the space behind the comma goes too; a comment behind it stays where it is.
        let joins = cuts.iter().any(|cut| cut.start == at + 1 + blanks);
        cuts.push(at..if joins { at + 1 + blanks } else { at + 1 });
    }
    cuts.sort_by_key(|cut| cut.start);
    cuts
}

/// Widened to the whole line when nothing else stands on it, else to the spaces behind.
fn whole_lines(text: &str, start: usize, stop: usize) -> Range<usize> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let bytes = text.as_bytes();
    let before = bytes[..start].iter().rev().take_while(|byte| blank(byte)).count();
    let behind = bytes[stop..].iter().take_while(|byte| blank(byte)).count();
    let line_begins = start == before || bytes.get(start.wrapping_sub(before + 1)) == Some(&b'\n');
    let rest = &bytes[stop + behind..];
    let line_ends = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
    if line_begins && line_ends > 0 { start - before..stop + behind + line_ends } else { start..stop + behind }
}

/// The comma between two places, outside comments.
fn comma(text: &str, from: usize, to: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < to {
        match bytes[at] {
            b',' => return Some(at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => at += text[at..].find('\n').unwrap_or(to - at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => at += text[at..].find("*/").map_or(to - at, |end| end + 2),
            _ => at += 1,
        }
    }
    None
}

/// Where and what to insert so that an entry stands at the end, written as its neighbours are.
fn addition(
    text: &str,
    last: Option<Range<usize>>,
    whole: &jsonc_parser::common::Range,
    entry: &str,
) -> (usize, String) {
    let Some(last) = last else { return (whole.start + 1, entry.to_owned()) };
    let line = text[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line..last.start];
    let own_line = line > 0 && indent.chars().all(|character| matches!(character, ' ' | '\t'));
    let newline = if text[..last.start].ends_with("\r\n") || text[..line].ends_with("\r\n") { "\r\n" } else { "\n" };
    let gap = if own_line { format!("{newline}{indent}") } else { String::new() };
    match comma(text, last.end, whole.end - 1) {
        Some(at) => (at + 1, format!("{gap}{entry},")),
        None => (last.end, format!(",{gap}{entry}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn way(steps: &[&str]) -> Vec<String> {
        steps.iter().map(|step| (*step).to_owned()).collect()
    }

    #[test]
    fn one_entry_goes_and_the_rest_stays_as_it_was_written() {
        let text = "{\n  \"a\": 1.0,\n  \"gone\": {\"x\": [1, 2]},\n  \"b\":\t2e0 // why\n}\n";
        assert_eq!(without(text, &way(&["gone"])).as_deref(), Ok("{\n  \"a\": 1.0,\n  \"b\":\t2e0 // why\n}\n"));
        assert_eq!(
            without(text, &way(&["b"])).as_deref(),
            Ok("{\n  \"a\": 1.0,\n  \"gone\": {\"x\": [1, 2]}\n  // why\n}\n")
        );
        assert_eq!(without("{\"a\":1,\"b\":2,\"c\":3}", &way(&["b"])).as_deref(), Ok("{\"a\":1,\"c\":3}"));
        assert_eq!(without("{\"a\":1,\"b\":2}", &way(&["b"])).as_deref(), Ok("{\"a\":1}"));
        assert_eq!(without("{\"a\":1}", &way(&["a"])).as_deref(), Ok("{}"));
        assert_eq!(without("[{\"n\":1}, {\"n\":2}]", &way(&["1"])).as_deref(), Ok("[{\"n\":1}]"));
        assert_eq!(without("[{\"n\":1}, {\"n\":2}]", &way(&["0"])).as_deref(), Ok("[{\"n\":2}]"));
        assert_eq!(
            without("{\r\n\t\"a\": 1,\r\n\t\"b\": 2,\r\n}", &way(&["b"])).as_deref(),
            Ok("{\r\n\t\"a\": 1,\r\n}")
        );
        assert_eq!(without("{\"a\":1,\"x\":2,\"a\":3}", &way(&["a"])).as_deref(), Ok("{\"x\":2}"), "both of that name");
        assert_eq!(without("{\"a\":1}", &way(&["b"])), Err(EditFault::NotThere));
        assert_eq!(without("{\"a\":", &way(&["a"])), Err(EditFault::NotJson));
        assert_eq!(without(&"[".repeat(100_000), &way(&["0"])), Err(EditFault::TooDeep));
        assert_eq!(without("\u{feff}{\"a\":1,\"b\":2}", &way(&["a"])).as_deref(), Ok("\u{feff}{\"b\":2}"));
    }

    #[test]
    fn an_entry_comes_back_where_others_are() {
        let text = "{\n  \"mcpOAuth\": {\n    \"a\": 1\n  }\n}";
        let back = with(text, &way(&["mcpOAuth", "b|1"]), "{\"t\": 2}").expect("a place");
        assert_eq!(back, "{\n  \"mcpOAuth\": {\n    \"a\": 1,\n    \"b|1\": {\"t\": 2}\n  }\n}");
        assert_eq!(with("{\"a\":{}}", &way(&["a", "b"]), "1").as_deref(), Ok("{\"a\":{\"b\": 1}}"));
        assert_eq!(with("[]", &way(&["0"]), "1").as_deref(), Ok("[1]"));
        assert_eq!(with("[1]", &way(&["0"]), "2").as_deref(), Ok("[1,2]"));
        assert_eq!(with("{\"a\":1}", &way(&["a"]), "2"), Err(EditFault::AlreadyThere));
    }

    #[test]
    fn what_strict_json_does_not_have_goes() {
        let text = "\u{feff}{\n  \"a\": [1, 2,], // two,\n  \"b\": \",}\",\n}\n";
        assert_eq!(strict(text).as_deref(), Ok("{\n  \"a\": [1, 2], // two,\n  \"b\": \",}\"\n}\n"));
    }

    #[test]
    fn slips_of_a_hand_are_put_right() {
        assert_eq!(
            straight("{\u{201c}a\u{201d}: \"say \u{201c}x\u{201d}\", \u{201e}b\u{201c}: 1}"),
            "{\"a\": \"say \u{201c}x\u{201d}\", \"b\": 1}"
        );
        assert_eq!(
            without_comments("{ // one\n  // two\n  \"a\": \"//\", /* three */ \"b\": 1\n}"),
            "{\n  \"a\": \"//\", \"b\": 1\n}"
        );
        assert_eq!(with_commas("{\"a\": [1 2]\n \"b\": {}}").as_deref(), Ok("{\"a\": [1, 2],\n \"b\": {}}"));
        assert_eq!(
            ways_to("{\"projects\": {\"/w\": {\"mcpServers\": {\"x\": {}}}},\n\"mcpServers\": {\"x\": {}}}", "x"),
            Ok(vec![(way(&["projects", "/w", "mcpServers", "x"]), 1), (way(&["mcpServers", "x"]), 2)])
        );
    }

    #[test]
    fn a_name_and_a_value_can_change() {
        assert_eq!(
            renamed("{ \"servers\": {} }", &way(&["servers"]), "mcpServers").as_deref(),
            Ok("{ \"mcpServers\": {} }")
        );
        assert_eq!(replaced("{\"a\": [1, 2]}", &way(&["a"]), "[2, 1]").as_deref(), Ok("{\"a\": [2, 1]}"));
        assert_eq!(raw("{\"a\": [1, 2]}", &way(&["a"])), Ok(Some("[1, 2]")));
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            "[a-z\",{}/*\\\\\n ]{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map("[a-e]{1,2}", inner, 0..5)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn exactly_one_entry_goes(map in prop::collection::btree_map("[a-e]{1,2}", json(), 1..6), pick in any::<prop::sample::Index>(), pretty in any::<bool>()) {
            let names: Vec<String> = map.keys().cloned().collect();
            let name = pick.get(&names).clone();
            let whole = serde_json::Value::Object(map.clone().into_iter().collect());
            let text = if pretty { serde_json::to_string_pretty(&whole) } else { serde_json::to_string(&whole) }.expect("JSON");
            let edited = without(&text, std::slice::from_ref(&name)).expect("it is there");
            let left: serde_json::Value = serde_json::from_str(&edited).expect("still strict JSON");
            let mut wanted = map;
            let taken = wanted.remove(&name).expect("it is there");
            prop_assert_eq!(left, serde_json::Value::Object(wanted.into_iter().collect()));
            let back = with(&edited, std::slice::from_ref(&name), &taken.to_string()).expect("it fits");
            let back: serde_json::Value = serde_json::from_str(&back).expect("still strict JSON");
            prop_assert_eq!(&back[&name], &taken);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = without(&text, &way(&["a"]));
            let _ = with(&text, &way(&["a"]), "1");
            let _ = strict(&text);
            let _ = with_commas(&straight(&text));
            let _ = without_comments(&text);
        }
    }
}
