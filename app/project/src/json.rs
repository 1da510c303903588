//! JSON as project files need it: numbers read exactly, errors with line and column, and one fixed layout.
//!
//! serde_json's own reader may be one unit off in the last place of a float (its exact mode is a feature that would be
//! switched on for every crate of the program), and a project must read back as it was written, to the bit. Knows
//! nothing of projects.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Number, Value};
use weft_model::Localised;
use weft_model::text::brief;

/// Deeper nesting than this is refused: no project needs it, and reading is recursive.
const DEPTH: usize = 120;
/// Characters of a name or number that a message says at most.
const LONGEST_NAME: usize = 80;
/// A value with others inside stands on one line if that is at most so long.
const SHORT: usize = 120;
/// What this name holds is never put on one line: two people who change two parameters of a node must not meet.
const OPEN: &str = "params";
/// Each entry of what this name holds is one line, however long.
const LINES: &str = "wires";
/// What this name holds in a node is a graph.
const GRAPH: &str = "inner";

/// What is wrong with a text that should be JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: Localised,
}

/// Reads one JSON value.
pub(crate) fn parse(text: &str) -> Result<Value, Fault> {
    Ok(parse_but_lists(text, &[])?.0)
}

/// An object whose values were checked and are still text: its names, sorted, each with what [`parse`] reads. As values
/// they would take ten times as much memory.
pub(crate) type List<'a> = Vec<(Cow<'a, str>, &'a str)>;

/// Reads one JSON value, but for the objects that it holds under the names `lists`: what they hold is left as text.
pub(crate) fn parse_but_lists<'a>(
    text: &'a str,
    lists: &'a [&'a str],
) -> Result<(Value, BTreeMap<&'a str, List<'a>>), Fault> {
    // A byte order mark is what some editors on Windows begin a file with.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, at: 0, lists, left: BTreeMap::new() };
    reader.space();
    let value = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.fault("something follows after the end of the document", "文档结束之后还有内容"));
    }
    Ok((value, reader.left))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Names in the outermost object whose objects stay text, and those objects.
    lists: &'a [&'a str],
    left: BTreeMap<&'a str, List<'a>>,
}

impl<'a> Reader<'a> {
    fn fault_at(&self, at: usize, en: impl Into<String>, zh: impl Into<String>) -> Fault {
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |n| n + 1);
        Fault {
            line: 1 + before.matches('\n').count(),
            column: 1 + before[line_start..].chars().count(),
            what: Localised::new(en, zh),
        }
    }

    fn fault(&self, en: impl Into<String>, zh: impl Into<String>) -> Fault {
        self.fault_at(self.at, en, zh)
    }

    fn unexpected(&self, wanted_en: &str, wanted_zh: &str) -> Fault {
        match self.text[self.at..].chars().next() {
            Some(c) => {
                self.fault(format!("expected {wanted_en}, found '{c}'"), format!("此处应为{wanted_zh}，却是“{c}”"))
            }
            None => self.fault(
                format!("the file ends where {wanted_en} is expected"),
                format!("文件在此结束，此处应为{wanted_zh}"),
            ),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        if depth > DEPTH {
            return Err(self.fault(format!("more than {DEPTH} levels of nesting"), format!("嵌套超过 {DEPTH} 层")));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)]
                {
                    if self.text[self.at..].starts_with(word) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err(self.unexpected("a value", "一个值"))
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut map = Map::new();
        self.at += 1;
        self.space();
        if self.eat(b'}') {
            return Ok(Value::Object(map));
        }
        loop {
            self.space();
            let key_at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a name in double quotes", "双引号中的名称"));
            }
            let key = self.string()?;
            self.space();
            if !self.eat(b':') {
                return Err(self.unexpected("':'", "“:”"));
            }
            self.space();
            let list = self.lists.iter().find(|l| **l == key && depth == 0 && self.peek() == Some(b'{'));
            let is_second = map.contains_key(&key) || (depth == 0 && self.left.contains_key(key.as_str()));
            if let Some(name) = list {
                let list = self.list(depth + 1)?;
                self.left.entry(name).or_insert(list);
            } else {
                let value = self.value(depth + 1)?;
                map.entry(&key).or_insert(value);
            }
            if is_second {
                return Err(self.twice(key_at, &key));
            }
            self.space();
            if self.eat(b'}') {
                return Ok(Value::Object(map));
            }
            if !self.eat(b',') {
                return Err(self.unexpected("',' or '}'", "“,”或“}”"));
            }
        }
    }

    /// Keeping one of the two would lose the other without a word.
    fn twice(&self, key_at: usize, key: &str) -> Fault {
        let key = brief(key, LONGEST_NAME);
        self.fault_at(
            key_at,
            format!("the name '{key}' stands twice in one object"),
            format!("名称“{key}”在同一对象中出现两次"),
        )
    }

    /// An object whose values stay text.
    fn list(&mut self, depth: usize) -> Result<List<'a>, Fault> {
        let text = self.text;
        let mut entries: List<'a> = Vec::new();
        self.at += 1;
        self.space();
        if self.eat(b'}') {
            return Ok(entries);
        }
        loop {
            self.space();
            let key_at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a name in double quotes", "双引号中的名称"));
            }
            let key = self.string()?;
            let written = &text[key_at + 1..self.at - 1];
            let key = if written == key { Cow::Borrowed(written) } else { Cow::Owned(key) };
            self.space();
            if !self.eat(b':') {
                return Err(self.unexpected("':'", "“:”"));
            }
            self.space();
            let start = self.at;
            self.value(depth + 1)?;
            entries.push((key, &text[start..self.at]));
            self.space();
            if self.eat(b'}') {
                break;
            }
            if !self.eat(b',') {
                return Err(self.unexpected("',' or '}'", "“,”或“}”"));
            }
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        match entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            // The name stands somewhere before the value.
            Some([_, (key, value)]) => Err(self.twice(value.as_ptr() as usize - text.as_ptr() as usize, key)),
            _ => Ok(entries),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut values = Vec::new();
        self.at += 1;
        self.space();
        if self.eat(b']') {
            return Ok(Value::Array(values));
        }
        loop {
            self.space();
            values.push(self.value(depth + 1)?);
            self.space();
            if self.eat(b']') {
                // Most are places: two numbers, and room for four.
                values.shrink_to_fit();
                return Ok(Value::Array(values));
            }
            if !self.eat(b',') {
                return Err(self.unexpected("',' or ']'", "“,”或“]”"));
            }
        }
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        let digits = |reader: &mut Self| {
            let from = reader.at;
            while matches!(reader.peek(), Some(b'0'..=b'9')) {
                reader.at += 1;
            }
            reader.at - from
        };
        let negative = self.eat(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let whole = digits(self);
        if whole == 0 {
            return Err(self.unexpected("a digit", "数字"));
        }
        if leading_zero && whole > 1 {
            return Err(self.fault_at(start, "a number does not begin with 0", "数不能以 0 开头"));
        }
        let mut is_float = false;
        if self.eat(b'.') {
            is_float = true;
            if digits(self) == 0 {
                return Err(self.unexpected("a digit", "数字"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            is_float = true;
            self.at += 1;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            if digits(self) == 0 {
                return Err(self.unexpected("a digit", "数字"));
            }
        }
        let text = &self.text[start..self.at];
        // "-0" is a float: as a whole number its sign would be lost.
        if !is_float && text != "-0" {
            if negative && let Ok(v) = text.parse::<i64>() {
                return Ok(Value::Number(v.into()));
            }
            if let Ok(v) = text.parse::<u64>() {
                return Ok(Value::Number(v.into()));
            }
        }
        text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number).ok_or_else(|| {
            let text = brief(text, LONGEST_NAME);
            self.fault_at(start, format!("{text} is too large for a number"), format!("{text} 超出了数的范围"))
        })
    }

    fn string(&mut self) -> Result<String, Fault> {
        let open = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(length) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') else {
                return Err(self.fault_at(open, "this text has no closing quote", "此文本缺少结束引号"));
            };
            out.push_str(&rest[..length]);
            self.at += length;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                _ => {
                    return Err(self.fault_at(
                        open,
                        "this text has no closing quote on its line",
                        "此文本在本行内缺少结束引号",
                    ));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        let bad = |reader: &Self| reader.fault_at(start, "this is no escape of JSON", "不是有效的 JSON 转义");
        self.at += 1;
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let first = self.hex4().ok_or_else(|| bad(self))?;
                let code = match first {
                    0xd800..=0xdbff => {
                        if !(self.eat(b'\\') && self.eat(b'u')) {
                            return Err(bad(self));
                        }
                        let second = self.hex4().filter(|c| (0xdc00..=0xdfff).contains(c)).ok_or_else(|| bad(self))?;
                        0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    }
                    code => code,
                };
                return char::from_u32(code).ok_or_else(|| bad(self));
            }
            _ => return Err(bad(self)),
        };
        self.at += 1;
        Ok(c)
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

/// Writes a document: the names in `first` lead the outermost object, all others are sorted; what is short stands on
/// one line; the last line ends with a newline. The same value always gives the same bytes.
pub(crate) fn document(value: &Value, first: &[&str]) -> String {
    let mut out = String::new();
    write(&mut out, value, "", 0, first, 0);
    out.push('\n');
    out
}

/// A value on one line, names sorted.
pub(crate) fn line(value: &Value) -> String {
    let mut out = String::new();
    write_line(&mut out, value);
    out
}

fn sorted<'a>(map: &'a Map<String, Value>, first: &[&str]) -> Vec<(&'a String, &'a Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| (first.iter().position(|f| f == key).unwrap_or(first.len()), key.as_str()));
    entries
}

/// Writes a value that stands `indent_by` levels in. `depth` is counted from the graph that it is in.
fn write(out: &mut String, value: &Value, name: &str, depth: usize, first: &[&str], indent_by: usize) {
    let (open, close) = match value {
        Value::Object(map) if !map.is_empty() => ('{', '}'),
        Value::Array(values) if !values.is_empty() => ('[', ']'),
        _ => return write_line(out, value),
    };
    // Depth 0 is the document, 1 its lists, 2 a node: never one line unless nothing in it holds others.
    if depth > 1 && name != OPEN {
        let one_line = line(value);
        if is_flat(value) || (depth > 2 && one_line.chars().count() <= SHORT) {
            out.push_str(&one_line);
            return;
        }
    }
    let indent = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    out.push(open);
    match value {
        Value::Object(map) => {
            for (n, (key, value)) in sorted(map, first).into_iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                indent(out, indent_by + 1);
                write_text(out, key);
                out.push_str(": ");
                if name == LINES && depth == 1 {
                    write_line(out, value);
                } else {
                    // A graph within a node is laid out as the outermost is.
                    let inner = depth == 2 && key == GRAPH && value.is_object();
                    write(out, value, key, if inner { 0 } else { depth + 1 }, &[], indent_by + 1);
                }
            }
        }
        Value::Array(values) => {
            for (n, value) in values.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                indent(out, indent_by + 1);
                write(out, value, "", depth + 1, &[], indent_by + 1);
            }
        }
        _ => {}
    }
    indent(out, indent_by);
    out.push(close);
}

/// Whether nothing in the value holds others: a wire, a place, a row of numbers.
fn is_flat(value: &Value) -> bool {
    let is_scalar = |v: &Value| !matches!(v, Value::Object(_) | Value::Array(_));
    match value {
        Value::Object(map) => map.values().all(is_scalar),
        Value::Array(values) => values.iter().all(is_scalar),
        _ => true,
    }
}

fn write_line(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (n, (key, value)) in sorted(map, &[]).into_iter().enumerate() {
                out.push_str(if n > 0 { ", " } else { "" });
                write_text(out, key);
                out.push_str(": ");
                write_line(out, value);
            }
            out.push('}');
        }
        Value::Array(values) => {
            out.push('[');
            for (n, value) in values.iter().enumerate() {
                out.push_str(if n > 0 { ", " } else { "" });
                write_line(out, value);
            }
            out.push(']');
        }
        Value::String(text) => write_text(out, text),
        Value::Null => out.push_str("null"),
        Value::Bool(v) => out.push_str(if *v { "true" } else { "false" }),
        // Shortest form that reads back as the same number.
        Value::Number(v) => out.push_str(&v.to_string()),
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' || c == '\u{7f}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_to_the_bit(value in any_value()) {
            let text = document(&value, &[]);
            let back = parse(&text).unwrap();
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(document(&back, &[]), text);
            prop_assert_eq!(parse(&line(&value)).unwrap(), value);
        }

        #[test]
        fn serde_json_reads_it_too_and_no_text_makes_the_reader_panic(value in any_value(), noise in any::<String>()) {
            prop_assert!(serde_json::from_str::<Value>(&document(&value, &[])).is_ok());
            let _ = parse(&noise);
        }

        #[test]
        fn a_cut_or_altered_document_never_panics(value in any_value(), at in any::<prop::sample::Index>(), c in any::<char>()) {
            let text: Vec<char> = document(&value, &[]).chars().collect();
            let at = at.index(text.len());
            let _ = parse(&text[..at].iter().collect::<String>());
            let mut altered = text;
            altered[at] = c;
            let _ = parse(&altered.into_iter().collect::<String>());
        }
    }

    #[test]
    fn faults_name_line_and_column() {
        let check = |text: &str, line: usize, column: usize, en: &str| {
            let fault = parse(text).unwrap_err();
            assert_eq!((fault.line, fault.column, fault.what.en.as_str()), (line, column, en), "{text}");
        };
        check("", 1, 1, "the file ends where a value is expected");
        check("{\n  \"a\": 1\n  \"b\": 2\n}", 3, 3, "expected ',' or '}', found '\"'");
        check("{\"é\": tru}", 1, 7, "expected a value, found 't'");
        check("[1, 2,]", 1, 7, "expected a value, found ']'");
        check("{a: 1}", 1, 2, "expected a name in double quotes, found 'a'");
        check("{\"a\" 1}", 1, 6, "expected ':', found '1'");
        check("[\"abc", 1, 2, "this text has no closing quote");
        check("[\"abc\n\"]", 1, 2, "this text has no closing quote on its line");
        check("[\"\\x\"]", 1, 3, "this is no escape of JSON");
        check("[\"\\ud800\"]", 1, 3, "this is no escape of JSON");
        check("[1e999]", 1, 2, "1e999 is too large for a number");
        check("[01]", 1, 2, "a number does not begin with 0");
        check("[1.]", 1, 4, "expected a digit, found ']'");
        check("{} x", 1, 4, "something follows after the end of the document");
        check("{\"a\": 1, \"a\": 2}", 1, 10, "the name 'a' stands twice in one object");
        check(&"[".repeat(200), 1, 122, "more than 120 levels of nesting");
    }

    #[test]
    fn lists_stay_text_and_read_the_same_as_a_whole() {
        let text = r#"{"a": {"nodes": {"x": 1}}, "nodes": {"b": [1, {"c": 2}], "a\n": {}, "a": "}"}, "wires": [1], "b": {"nodes": {}}}"#;
        let (rest, lists) = parse_but_lists(text, &["nodes", "wires"]).unwrap();
        assert_eq!(rest, parse(r#"{"a": {"nodes": {"x": 1}}, "wires": [1], "b": {"nodes": {}}}"#).unwrap());
        let nodes: Vec<(&str, &str)> = lists["nodes"].iter().map(|(k, v)| (&**k, *v)).collect();
        assert_eq!(nodes, [("a", "\"}\""), ("a\n", "{}"), ("b", "[1, {\"c\": 2}]")]);
        assert_eq!(lists.len(), 1);
        for (text, fault) in [
            (r#"{"nodes": {"a": 1, "b": 2, "a": 3}}"#, "the name 'a' stands twice in one object"),
            (r#"{"nodes": {"a": 1}, "nodes": {}}"#, "the name 'nodes' stands twice in one object"),
            (r#"{"nodes": [], "nodes": {}}"#, "the name 'nodes' stands twice in one object"),
            (r#"{"nodes": {"a": {"b": 1, "b": 1}}}"#, "the name 'b' stands twice in one object"),
            (r#"{"nodes": {"a" 1}}"#, "expected ':', found '1'"),
            (r#"{"nodes": {"a": 1"#, "the file ends where ',' or '}' is expected"),
        ] {
            assert_eq!(parse_but_lists(text, &["nodes"]).unwrap_err().what.en, fault, "{text}");
            assert_eq!(parse(text).unwrap_err().what.en, fault, "{text}");
        }
    }

    #[test]
    fn escapes_and_numbers_are_read() {
        let check = |text: &str, value: Value| assert_eq!(parse(text).unwrap(), value, "{text}");
        check(r#""\u00e9\ud83d\ude00\/\b""#, Value::from("é😀/\u{8}"));
        check("18446744073709551615", Value::from(u64::MAX));
        check("-9223372036854775808", Value::from(i64::MIN));
        check("-0", Value::from(-0.0));
        check("1.0", Value::from(1.0));
        check("6.103515625E-05", Value::from(6.103515625e-5));
        check("\u{feff} [] ", Value::Array(Vec::new()));
    }
}
