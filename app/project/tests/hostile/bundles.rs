//! Bundles that a hostile hand made: refused before they cost memory or disk, with nothing left of them anywhere.

use std::fs::{self, File};
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use weft_project::{MANIFEST, PROJECT_IN_BUNDLE, import_bundle, open, template};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::memory::measured;

const MIB: usize = 1 << 20;

/// Everything under a folder, folders too.
fn all_under(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            }
            out.push(entry.path());
        }
    }
    out.sort();
    out
}

/// Bytes that this thread has written so far, to whatever it may be; none where the system does not tell.
fn written_bytes() -> Option<u64> {
    let io = fs::read_to_string("/proc/thread-self/io").ok()?;
    io.lines().find_map(|line| line.strip_prefix("wchar: ")?.parse().ok())
}

/// A bundle is refused, both where it is opened and where it is imported: with a sentence that says `said`, at most
/// `memory_bytes` held and `disk_bytes` written, and every folder as it was.
fn refused_at_cost(bundle: &[u8], said: &str, memory_bytes: usize, disk_bytes: u64) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a/made.weftz");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bundle).unwrap();
    let before = all_under(home.path());
    let (into, scratch) = (home.path().join("a/b/c/into"), home.path().join("a/scratch/bundles"));
    for is_import in [true, false] {
        let ((error, written), held) = measured(|| {
            let before = written_bytes();
            let result = if is_import { import_bundle(&path, &into) } else { open(&path, &scratch).map(|o| o.file) };
            (result.unwrap_err(), written_bytes().zip(before).map(|(now, before)| now - before))
        });
        let told = error.to_string();
        println!("{} bytes packed, {held} held, {written:?} written: {:.200}", bundle.len(), told);
        assert!(told.contains(said), "'{told}' does not say '{said}'");
        assert!(held <= memory_bytes, "{held} bytes held");
        assert!(written.is_none_or(|w| w <= disk_bytes), "{written:?} bytes written");
    }
    assert_eq!(all_under(home.path()), before);
}

fn refused(bundle: &[u8], said: &str) {
    refused_at_cost(bundle, said, 4 * MIB, 1 << 16);
}

fn project() -> Vec<u8> {
    template("empty").unwrap().project().to_text().into_bytes()
}

fn listed(files: &[(&str, &[u8])]) -> String {
    let files: Vec<String> = files
        .iter()
        .map(|(name, content)| {
            let name = serde_json::to_string(name).unwrap();
            format!(r#"{name}: {{"bytes": {}, "blake3": "{}"}}"#, content.len(), blake3::hash(content).to_hex())
        })
        .collect();
    manifest(&files.join(",\n"))
}

fn manifest(files: &str) -> String {
    format!(r#"{{"format": "weft-bundle", "format_version": 1, "files": {{{files}}}}}"#)
}

/// A zip as any program would write it.
fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A bundle of a project, further files, and a list of all of them.
fn bundle_of(more: &[(&str, &[u8])]) -> Vec<u8> {
    let project = project();
    let mut entries: Vec<(&str, &[u8])> = vec![(PROJECT_IN_BUNDLE, &project)];
    entries.extend(more);
    let listed = listed(&entries);
    entries.push((MANIFEST, listed.as_bytes()));
    zip_of(&entries)
}

/// CRC-32 of the zip format (polynomial 0xEDB88320, reflected).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// A zip written byte by byte, so that it can lie.
#[derive(Default)]
struct Raw {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u64,
}

/// Integers of the zip format, little end first.
fn le<const N: usize>(out: &mut Vec<u8>, fields: [(u64, usize); N]) {
    for (value, bytes) in fields {
        out.extend_from_slice(&value.to_le_bytes()[..bytes]);
    }
}

impl Raw {
    /// A stored file, and where it begins.
    fn file(&mut self, name: &str, content: &[u8]) -> u64 {
        let at = self.bytes.len() as u64;
        let (crc, size) = (u64::from(crc32(content)), content.len() as u64);
        self.bytes.extend_from_slice(b"PK\x03\x04");
        le(
            &mut self.bytes,
            [(20, 2), (0, 2), (0, 2), (0, 4), (crc, 4), (size, 4), (size, 4), (name.len() as u64, 2), (0, 2)],
        );
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(content);
        at
    }

    /// An entry of the directory: what it claims is up to the caller.
    fn entry(&mut self, name: &str, content: &[u8], sizes: [u64; 2], at: u64, extra: &[u8], comment_bytes: usize) {
        let crc = u64::from(crc32(content));
        self.directory.extend_from_slice(b"PK\x01\x02");
        le(&mut self.directory, [(20, 2), (20, 2), (0, 2), (0, 2), (0, 4), (crc, 4), (sizes[0], 4), (sizes[1], 4)]);
        let lengths = [name.len(), extra.len(), comment_bytes].map(|n| (n as u64, 2));
        le(&mut self.directory, lengths);
        le(&mut self.directory, [(0, 2), (0, 2), (0, 4), (at, 4)]);
        self.directory.extend_from_slice(name.as_bytes());
        self.directory.extend_from_slice(extra);
        self.directory.resize(self.directory.len() + comment_bytes, b'c');
        self.entries += 1;
    }

    /// A file with an honest entry.
    fn add(&mut self, name: &str, content: &[u8]) -> u64 {
        let at = self.file(name, content);
        self.entry(name, content, [content.len() as u64; 2], at, &[], 0);
        at
    }

    /// The whole zip, claiming so many entries; with the record for large files if they are many.
    fn finish(mut self, claimed: u64) -> Vec<u8> {
        let at = self.bytes.len() as u64;
        let size = self.directory.len() as u64;
        self.bytes.append(&mut self.directory);
        if claimed >= 0xffff {
            let large_at = self.bytes.len() as u64;
            self.bytes.extend_from_slice(b"PK\x06\x06");
            le(
                &mut self.bytes,
                [(44, 8), (45, 2), (45, 2), (0, 4), (0, 4), (claimed, 8), (claimed, 8), (size, 8), (at, 8)],
            );
            self.bytes.extend_from_slice(b"PK\x06\x07");
            le(&mut self.bytes, [(0, 4), (large_at, 8), (1, 4)]);
        }
        let short = claimed.min(0xffff);
        self.bytes.extend_from_slice(b"PK\x05\x06");
        le(&mut self.bytes, [(0, 2), (0, 2), (short, 2), (short, 2), (size, 4), (at, 4), (0, 2)]);
        self.bytes
    }

    fn whole(self) -> Vec<u8> {
        let claimed = self.entries;
        self.finish(claimed)
    }
}

/// A bundle that is right but for what `spoil` adds.
fn raw(files: &[(&str, &[u8])], spoil: impl FnOnce(&mut Raw)) -> Raw {
    let project = project();
    let mut all: Vec<(&str, &[u8])> = vec![(PROJECT_IN_BUNDLE, &project)];
    all.extend(files);
    let mut raw = Raw::default();
    raw.add(PROJECT_IN_BUNDLE, &project);
    raw.add(MANIFEST, listed(&all).as_bytes());
    spoil(&mut raw);
    raw
}

#[test]
fn the_bundles_made_here_open_when_nothing_is_wrong_with_them() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("made.weftz");
    let good = raw(&[("data/a/x", b"x")], |raw| {
        raw.add("data/a/x", b"x");
    })
    .whole();
    for bundle in [good, bundle_of(&[("data/a/x", b"x")])] {
        fs::write(&path, bundle).unwrap();
        let opened = open(&path, &home.path().join("scratch")).unwrap();
        assert_eq!(fs::read(opened.base_dir.join("data/a/x")).unwrap(), b"x");
    }
}

#[test]
fn a_directory_without_end_is_refused_before_it_is_read() {
    let many = raw(&[], |raw| {
        for n in 0..210_000 {
            raw.add(&format!("data/{n}"), b"");
        }
    });
    refused(&many.whole(), "more than is sensible");
    refused(&raw(&[], |_| {}).finish(1 << 60), "more than is sensible");
    // Few entries, each with a comment as long as can be.
    let long = raw(&[], |raw| {
        let at = raw.file("data/x", b"x");
        for n in 0..1_000 {
            raw.entry(&format!("data/{n}"), b"x", [1, 1], at, &[], 0xffff);
        }
    });
    refused_at_cost(&long.whole(), "directory is too large", 70 * MIB, 1 << 16);
    // An end that is not at the end would let another one count.
    let mut commented = raw(&[], |_| {}).whole();
    let end = commented.len();
    commented[end - 2] = 4;
    commented.extend_from_slice(b"1234");
    refused(&commented, "its end is missing");
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let zeros = vec![0; 500 * MIB];
    let bomb = bundle_of(&[("data/x", &zeros)]);
    assert!(bomb.len() < MIB);
    refused(&bomb, "more than is sensible");
    // Listed as small, it is read as far as it was to go.
    let project = project();
    let listing = listed(&[(PROJECT_IN_BUNDLE, &project), ("data/x", b"0123456789")]);
    let lying = zip_of(&[(PROJECT_IN_BUNDLE, &project), ("data/x", &zeros), (MANIFEST, listing.as_bytes())]);
    refused(&lying, "the hash differs");
    // A hundred files of a size that none may have alone add up.
    let hash = "0".repeat(64);
    let files = |bytes: u64, count: u64| {
        (0..count)
            .map(|n| format!(r#""data/{n}": {{"bytes": {bytes}, "blake3": "{hash}"}}"#))
            .collect::<Vec<_>>()
            .join(",")
    };
    for listing in [files(u64::MAX, 2), files(1 << 22, 100), files(0, 100_001)] {
        let listing = manifest(&listing);
        let bundle = zip_of(&[(PROJECT_IN_BUNDLE, &project), (MANIFEST, listing.as_bytes())]);
        refused_at_cost(&bundle, "more than is sensible", 3 * listing.len() + 4 * MIB, 1 << 16);
    }
}

#[test]
fn a_project_that_would_fill_the_memory_is_refused() {
    let mut bomb = b"{\"format\": \"weft-project\", \"format_version\": 3, \"x\": [".to_vec();
    bomb.extend(b"[],".repeat(20 * MIB));
    bomb.extend(b"[]]}");
    let listing = listed(&[(PROJECT_IN_BUNDLE, &bomb)]);
    let bundle = zip_of(&[(PROJECT_IN_BUNDLE, &bomb), (MANIFEST, listing.as_bytes())]);
    assert!(bundle.len() < MIB);
    refused(&bundle, "a project of");
}

#[test]
fn a_list_of_files_without_end_is_refused() {
    let project = project();
    let check = |list: &[u8], said: &str, memory_bytes: usize| {
        let bundle = zip_of(&[(PROJECT_IN_BUNDLE, &project), (MANIFEST, list)]);
        refused_at_cost(&bundle, said, memory_bytes, 1 << 16);
    };
    check(&b"[".repeat(64 * MIB), "a list of files of more than", 64 * MIB);
    check(&b" ".repeat(64 * MIB), "a list of files of more than", 64 * MIB);
    check(&b"[".repeat(15 * MIB), "its list of files cannot be read", 64 * MIB);
    check(b"\xff\xfe", "its list of files cannot be read", 4 * MIB);
    let small = (0..380_000).map(|n| format!(r#""{n:x}":{{"bytes":0,"blake3":""}}"#)).collect::<Vec<_>>().join(",");
    check(manifest(&small).as_bytes(), "more than is sensible", 120 * MIB);
    let nested = format!(r#"{{"format": "weft-bundle", "format_version": 1, "x": {}"#, "[{\"a\":".repeat(MIB));
    check(nested.as_bytes(), "its list of files cannot be read", 64 * MIB);
}

#[test]
fn folders_without_end_are_refused() {
    let names: Vec<String> = (0..250).map(|n| format!("{n}{}", "/a".repeat(450))).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b"x"[..])).collect();
    refused_at_cost(&bundle_of(&files), "more than 100000 folders", 64 * MIB, 1 << 16);
}

#[test]
fn names_that_mean_something_else_somewhere_are_refused() {
    let names = [
        "..",
        "../x",
        "data/..",
        "data/../../x",
        "data/../x",
        "./x",
        "data/./x",
        "/x",
        "//x",
        "/",
        "data//x",
        "C:",
        "C:x",
        "C:/x",
        "data/x:stream",
        "\\x",
        "\\\\server\\x",
        "..\\x",
        "data\\..\\..\\x",
        "CON",
        "con.txt",
        "data/AUX/x",
        "nul .x",
        "COM1",
        "com1.log",
        "lpt¹",
        "COM³.x",
        "CONIN$",
        "x.",
        "x ",
        " x",
        "data./x",
        "data/ x",
        "x\u{1}",
        "x\0y",
        "x\ny",
        "what?",
        "a*",
        "a|b",
        "<a>",
        "\"a\"",
    ];
    for name in names {
        refused(&bundle_of(&[(name, b"x")]), "lead out of its folder");
        // The list has another name than the zip.
        let bundle = raw(&[("data/x", b"x")], |raw| {
            raw.add(name, b"x");
        })
        .whole();
        refused(&bundle, "lead out of its folder");
    }
    let long = "x".repeat(1_001);
    refused(&bundle_of(&[(&long, b"x")]), "lead out of its folder");
}

#[test]
fn links_and_what_stands_in_the_way_of_another_are_refused() {
    let project = project();
    let listing = listed(&[(PROJECT_IN_BUNDLE, &project), ("data/x", b"x")]);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [(PROJECT_IN_BUNDLE, project.as_slice()), (MANIFEST, listing.as_bytes())] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.add_symlink("data", "../../..", SimpleFileOptions::default()).unwrap();
    zip.start_file("data/x", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"x").unwrap();
    refused(&zip.finish().unwrap().into_inner(), "lead out of its folder");
    // A file where another needs a folder.
    refused(&bundle_of(&[("data", b"x"), ("data/x", b"x")]), "was not saved");
    // Names that are one where capitals do not count.
    refused(&bundle_of(&[("data/é", b"x"), ("DATA/É", b"x")]), "stands in it twice");
    let twice = raw(&[("data/x", b"x")], |raw| {
        raw.add("data/x", b"x");
        raw.add("data/x", b"y");
    });
    refused(&twice.whole(), "stands in it twice");
}

#[test]
fn entries_that_overlap_or_lie_about_their_size_are_refused() {
    let content = vec![b'x'; 1_000];
    let files: [(&str, &[u8]); 2] = [("data/x", &content), ("data/y", &content)];
    let shared = raw(&files, |raw| {
        let at = raw.add("data/x", &content);
        raw.entry("data/y", &content, [1_000, 1_000], at, &[], 0);
    });
    refused(&shared.whole(), "over one another");
    let within = raw(&files, |raw| {
        let mut inner = Raw::default();
        inner.file("data/y", &content[..900]);
        let at = raw.add("data/x", &inner.bytes);
        raw.entry("data/y", &content[..900], [900, 900], at + 36, &[], 0);
    });
    refused(&within.whole(), "over one another");
    // Sizes and places that only the record for large files can tell, and that are not true.
    let large = |values: [u64; 3]| {
        let mut extra = Vec::new();
        le(&mut extra, [(1, 2), (24, 2), (values[0], 8), (values[1], 8), (values[2], 8)]);
        extra
    };
    for values in
        [[1_000, 1 << 62, 0], [1 << 62, 1_000, 0], [1_000, 1_000, 1 << 62], [u64::MAX; 3], [1_000, u64::MAX, 1_000]]
    {
        let lying = raw(&[("data/x", &content)], |raw| {
            raw.file("data/x", &content);
            raw.entry("data/x", &content, [0xffff_ffff; 2], 0xffff_ffff, &large(values), 0);
        });
        refused(&lying.whole(), "");
    }
    for sizes in [[0, 1_000], [1_000, 0], [2_000, 1_000], [0xffff_fffe, 1_000], [999, 1_000]] {
        let lying = raw(&[("data/x", &content)], |raw| {
            let at = raw.file("data/x", &content);
            raw.entry("data/x", &content, sizes, at, &[], 0);
        });
        refused(&lying.whole(), "");
    }
    let claims_fewer = raw(&[("data/x", &content)], |raw| {
        raw.add("data/x", &content);
    })
    .finish(2);
    refused(&claims_fewer, "'data/x' is missing");
    let claims_more = raw(&[("data/x", &content)], |raw| {
        raw.add("data/x", &content);
    })
    .finish(4);
    refused(&claims_more, "it is damaged");
}

#[test]
fn a_bundle_that_ends_anywhere_is_refused() {
    let whole = bundle_of(&[("data/x", b"some data")]);
    for length in 4..whole.len() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("cut.weftz");
        File::create(&path).unwrap().write_all(&whole[..length]).unwrap();
        assert!(import_bundle(&path, &home.path().join("into")).is_err(), "{length}");
        assert_eq!(all_under(home.path()), [path], "{length}");
    }
}
