//! Alters bytes at random, from a seed: bits and bytes, pieces of other files, numbers, words of the format, and JSON as
//! JSON. Knows nothing of projects but words.

use serde_json::Value as Json;

/// Words of the format and of what it may hold, and numbers at the edge of something.
const WORDS: [&str; 64] = [
    "format",
    "weft-project",
    "format_version",
    "id",
    "title",
    "description",
    "seed",
    "nodes",
    "wires",
    "set_aside",
    "kind",
    "name",
    "params",
    "pos",
    "mode",
    "muted",
    "bypassed",
    "active",
    "collapsed",
    "planning",
    "alternatives",
    "threads",
    "priority",
    "inner",
    "from",
    "to",
    "via",
    "subgraph",
    "graph_input",
    "graph_output",
    "type",
    "image_dataset",
    "split",
    "normalise",
    "network",
    "train",
    "evaluate",
    "note",
    "frame",
    "layers",
    "linear",
    "conv2d",
    "units",
    "inputs",
    "input",
    "epochs",
    "path",
    "0000000000000001",
    "0000000000000002.train",
    "0000000000000003.data",
    "fragment",
    "edits",
    "edit",
    "batch",
    "add_node",
    "remove_node",
    "add_wire",
    "set_param",
    "inside",
    "base",
    "files",
    "bytes",
    "blake3",
    "project.weft",
];
const VALUES: [&str; 26] = [
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "\"\"",
    "0",
    "-0",
    "1",
    "2",
    "3",
    "-1",
    "0.5",
    "1e308",
    "-1e308",
    "5e-324",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "[0, 0]",
    "[1e308, -1e308]",
    "\"../x\"",
    "\"\\u0000\"",
    "\"名\"",
    "{\"en\": \"a\", \"zh\": \"b\"}",
];

/// A stream of numbers that depends on nothing but its seed (SplitMix64; Steele, Lea, Flood, 2014).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    pub fn of<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}

/// One of the files, altered one to eight times.
pub fn altered(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(8) {
        match random.below(3) {
            0 => as_bytes(random, &mut bytes, corpus),
            _ => as_json(random, &mut bytes, corpus),
        }
    }
    bytes
}

fn span(random: &mut Random, length: usize) -> std::ops::Range<usize> {
    let start = random.below(length + 1);
    let most = if random.below(4) == 0 { length - start } else { (length - start).min(64) };
    start..start + random.below(most + 1)
}

fn as_bytes(random: &mut Random, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let here = span(random, bytes.len());
    match random.below(8) {
        0 if !bytes.is_empty() => {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
        1 => bytes.truncate(here.end),
        2 => drop(bytes.drain(here)),
        3 => {
            let other = &corpus[random.below(corpus.len())];
            let there = span(random, other.len());
            bytes.splice(here, other[there].iter().copied());
        }
        4 => {
            let piece = bytes[here.clone()].to_vec();
            bytes.splice(here.end..here.end, piece);
        }
        5 => drop(bytes.splice(here, random.of(&WORDS).bytes())),
        6 => drop(bytes.splice(here, random.of(&VALUES).bytes())),
        _ => number(random, bytes),
    }
}

/// Puts another number in place of one.
fn number(random: &mut Random, bytes: &mut Vec<u8>) {
    let from = random.below(bytes.len() + 1);
    let Some(start) = bytes[from..].iter().position(u8::is_ascii_digit).map(|at| from + at) else { return };
    let end = start + bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
    let new = match random.below(3) {
        0 => random.next().to_string(),
        1 => random.below(300).to_string(),
        _ => (*random.of(&VALUES[6..20])).to_owned(),
    };
    bytes.splice(start..end, new.into_bytes());
}

/// Alters what a line or the whole holds as JSON; a journal begins each line with a checksum.
fn as_json(random: &mut Random, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return as_bytes(random, bytes, corpus) };
    let other = |random: &mut Random| {
        let other = &corpus[random.below(corpus.len())];
        let mut value = serde_json::from_slice::<Json>(other).unwrap_or(Json::Null);
        std::mem::take(pick(random, &mut value))
    };
    if let Ok(mut value) = serde_json::from_str::<Json>(text) {
        let replacement = other(random);
        alter(random, &mut value, replacement);
        *bytes = value.to_string().into_bytes();
        return;
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = random.below(lines.len());
    match lines.get(at).and_then(|l| Some((l.get(..16)?, serde_json::from_str::<Json>(l.get(17..)?).ok()?))) {
        Some((sum, mut value)) => {
            // What a line holds as text is a project.
            if let Some(Json::String(base)) = value.get_mut("base")
                && let Ok(mut inner) = serde_json::from_str::<Json>(base)
                && random.below(2) == 0
            {
                alter(random, &mut inner, Json::Null);
                *base = inner.to_string();
            } else {
                alter(random, &mut value, Json::from(1));
            }
            lines[at] = format!("{sum} {value}");
            if random.below(8) == 0 {
                let to = random.below(lines.len());
                lines.swap(at, to);
            }
            *bytes = (lines.join("\n") + "\n").into_bytes();
        }
        None => as_bytes(random, bytes, corpus),
    }
}

/// A value somewhere within.
fn pick<'a>(random: &mut Random, value: &'a mut Json) -> &'a mut Json {
    let inner = match value {
        Json::Object(map) => map.len(),
        Json::Array(values) => values.len(),
        _ => 0,
    };
    if inner == 0 || random.below(5) == 0 {
        return value;
    }
    let at = random.below(inner);
    match value {
        Json::Object(map) => map.values_mut().nth(at).map(|v| pick(random, v)).unwrap_or_else(|| unreachable!()),
        Json::Array(values) => pick(random, &mut values[at]),
        other => other,
    }
}

fn alter(random: &mut Random, whole: &mut Json, replacement: Json) {
    let from_elsewhere = pick(random, whole).clone();
    let value = pick(random, whole);
    let new = match random.below(4) {
        0 => serde_json::from_str(random.of(&VALUES)).unwrap_or(Json::Null),
        1 => Json::from(random.of(&WORDS)),
        2 => from_elsewhere,
        _ => replacement,
    };
    match (value, random.below(6)) {
        (Json::Object(map), 0) => {
            let key = map.keys().nth(random.below(map.len())).cloned();
            key.and_then(|key| map.remove(&key));
        }
        (Json::Object(map), 1) => {
            let key = map.keys().nth(random.below(map.len())).cloned();
            if let Some(value) = key.and_then(|key| map.remove(&key)) {
                map.insert(random.of(&WORDS).to_owned(), value);
            }
        }
        (Json::Object(map), 2 | 3) => {
            let key =
                if random.below(2) == 0 { format!("{:016x}", random.below(20)) } else { random.of(&WORDS).to_owned() };
            map.insert(key, new);
        }
        (Json::Array(values), 0 | 1) => {
            let at = random.below(values.len() + 1);
            values.insert(at, new);
        }
        (Json::Array(values), 2) if !values.is_empty() => drop(values.remove(random.below(values.len()))),
        (value, 4) => *value = Json::Array(vec![std::mem::take(value), new]),
        (value, _) => *value = new,
    }
}
