//! The IDX format (LeCun, Cortes, Burges, 1998): unsigned bytes with a big-endian header, plain or gzipped.
//!
//! A header is never believed further than the bytes that back it: memory grows with what is read, and a file that is
//! shorter or longer than its header says is refused with the place. This module knows no descriptions and no cache.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::{DataError, Part};

/// Deflate cannot expand a byte into more than this many.
const LARGEST_EXPANSION: u64 = 1032;

/// Images as stored, brought into the order channel, row, column.
#[derive(Debug)]
pub(crate) struct RawImages {
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// `[count, channels, height, width]`.
    pub pixels: Vec<u8>,
}

/// The four kinds of file of a data set in IDX format, by part and content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Unsigned bytes of rank 3 or 4.
    Images,
    /// Unsigned bytes of rank 1.
    Labels,
}

/// Finds a file of the data set by its usual names; plain files go before gzipped ones.
pub(crate) fn locate(folder: &Path, part: Part, content: Content) -> Result<PathBuf, DataError> {
    match std::fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(DataError::NotAFolder { path: folder.to_path_buf() }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(DataError::FolderNotFound { folder: folder.to_path_buf() });
        }
        Err(source) => return Err(DataError::Read { path: folder.to_path_buf(), source }),
    }
    let (prefix, part_name) = match part {
        Part::Train => ("train", "training"),
        Part::Test => ("t10k", "test"),
    };
    let (kind, ranks, content_name): (_, &[u8], _) = match content {
        Content::Images => ("images", &[3, 4], "images"),
        Content::Labels => ("labels", &[1], "labels"),
    };
    let mut looked_for = Vec::new();
    for rank in ranks {
        for separator in ['-', '.'] {
            for ending in ["", ".gz"] {
                let name = format!("{prefix}-{kind}{separator}idx{rank}-ubyte{ending}");
                let path = folder.join(&name);
                if path.is_file() {
                    return Ok(path);
                }
                looked_for.push(name);
            }
        }
    }
    Err(DataError::FileNotFound {
        folder: folder.to_path_buf(),
        what: format!("{part_name} {content_name}"),
        looked_for,
    })
}

/// Reads a file of images.
pub(crate) fn read_images(path: &Path) -> Result<RawImages, DataError> {
    let (dimensions, bytes) = read(path, Content::Images)?;
    let wrong = |reason| DataError::Dimensions { path: path.to_path_buf(), dimensions: dimensions.clone(), reason };
    let side = |at: usize| dimensions[at] as usize;
    if dimensions.contains(&0) {
        return Err(wrong("there is no image in it"));
    }
    if dimensions.len() == 3 {
        return Ok(RawImages { shape: [1, side(1), side(2)], pixels: bytes });
    }
    // Rank 4 is written in both orders; colours are few, so the small dimension is the one of the channels.
    let channels = 1..=4;
    if channels.contains(&side(1)) {
        Ok(RawImages { shape: [side(1), side(2), side(3)], pixels: bytes })
    } else if channels.contains(&side(3)) {
        let (height, width, channels) = (side(1), side(2), side(3));
        let mut pixels = vec![0; bytes.len()];
        let plane = height * width;
        for (from, to) in bytes.chunks_exact(plane * channels).zip(pixels.chunks_exact_mut(plane * channels)) {
            for channel in 0..channels {
                for at in 0..plane {
                    to[channel * plane + at] = from[at * channels + channel];
                }
            }
        }
        Ok(RawImages { shape: [channels, height, width], pixels })
    } else {
        Err(wrong("neither the second nor the last dimension is a number of channels (1 to 4)"))
    }
}

/// Reads a file of labels.
pub(crate) fn read_labels(path: &Path) -> Result<Vec<u8>, DataError> {
    Ok(read(path, Content::Labels)?.1)
}

/// The dimensions and all values of an IDX file of unsigned bytes.
fn read(path: &Path, content: Content) -> Result<(Vec<u32>, Vec<u8>), DataError> {
    let unreadable = |source| DataError::Read { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(unreadable)?;
    let stored_bytes = file.metadata().map_err(unreadable)?.len();
    let mut start = [0; 4];
    let started = fill(&mut BufReader::new(file), &mut start).map_err(unreadable)?;
    let gzip = start.starts_with(&[0x1f, 0x8b]);
    let named_gzip = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    if named_gzip && !gzip && !start.starts_with(&[0, 0]) {
        return Err(DataError::NotGzip { path: path.to_path_buf(), found: hexadecimal(&start[..started]) });
    }
    let file = BufReader::with_capacity(1 << 20, File::open(path).map_err(unreadable)?);
    let mut stream = Stream {
        path,
        reader: if gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) },
        gzip,
        at_byte: 0,
    };

    let mut magic = [0; 4];
    let found = stream.fill(&mut magic)?;
    let short = |found_bytes: usize, header_bytes| DataError::ShortHeader {
        path: path.to_path_buf(),
        found_bytes: found_bytes as u64,
        header_bytes,
    };
    if found < magic.len() {
        return Err(short(found, if content == Content::Images { 16 } else { 8 }));
    }
    let ranks: &[u8] = if content == Content::Images { &[3, 4] } else { &[1] };
    if magic[..3] != [0, 0, 8] || !ranks.contains(&magic[3]) {
        return Err(DataError::Magic {
            path: path.to_path_buf(),
            found: format!("{} ({})", hexadecimal(&magic), meaning(magic)),
            expected: ranks
                .iter()
                .map(|&rank| format!("{} ({})", hexadecimal(&[0, 0, 8, rank]), meaning([0, 0, 8, rank])))
                .collect::<Vec<_>>()
                .join(" or "),
        });
    }
    let mut dimension_bytes = vec![0; usize::from(magic[3]) * 4];
    let found = stream.fill(&mut dimension_bytes)?;
    if found < dimension_bytes.len() {
        return Err(short(4 + found, 4 + dimension_bytes.len() as u64));
    }
    let dimensions: Vec<u32> = dimension_bytes
        .chunks_exact(4)
        .map(|bytes| bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)))
        .collect();

    let header_bytes = 4 + dimension_bytes.len() as u64;
    let count = u64::from(dimensions[0]);
    let item_bytes = dimensions[1..].iter().try_fold(1u64, |product, &side| product.checked_mul(u64::from(side)));
    let value_bytes = item_bytes
        .and_then(|item| item.checked_mul(count))
        .filter(|bytes| bytes.checked_add(header_bytes + 1).is_some() && u32::try_from(count).is_ok())
        .ok_or_else(|| DataError::Dimensions {
            path: path.to_path_buf(),
            dimensions: dimensions.clone(),
            reason: "their product is beyond any file, so the header is damaged",
        })?;
    let items = if content == Content::Images { "images" } else { "labels" };
    let truncated = |found_bytes: u64| DataError::Truncated {
        path: path.to_path_buf(),
        unit: if gzip { "unpacked byte" } else { "byte" },
        found_bytes,
        expected_bytes: header_bytes + value_bytes,
        count,
        whole: found_bytes.saturating_sub(header_bytes).checked_div(item_bytes.unwrap_or(1)).unwrap_or(0),
        items,
    };

    let possible_bytes = if gzip { stored_bytes.saturating_mul(LARGEST_EXPANSION) } else { stored_bytes };
    let mut values = Vec::new();
    usize::try_from(value_bytes.min(possible_bytes))
        .ok()
        .and_then(|bytes| values.try_reserve_exact(bytes).ok())
        .ok_or_else(|| unreadable(ErrorKind::OutOfMemory.into()))?;
    // One byte more than announced, so that a file that goes on is noticed.
    match (&mut stream).take(value_bytes + 1).read_to_end(&mut values) {
        Ok(_) => {}
        Err(error) if gzip && error.kind() == ErrorKind::UnexpectedEof => return Err(truncated(stream.at_byte)),
        Err(error) => return Err(stream.explain(error)),
    }
    let read_bytes = values.len() as u64;
    if read_bytes < value_bytes {
        return Err(truncated(header_bytes + read_bytes));
    }
    if read_bytes > value_bytes {
        return Err(DataError::Excess {
            path: path.to_path_buf(),
            expected_bytes: header_bytes + value_bytes,
            count,
            items,
        });
    }
    Ok((dimensions, values))
}

/// The (unpacked) content of a file, with the place reached.
struct Stream<'a> {
    path: &'a Path,
    reader: Box<dyn Read>,
    gzip: bool,
    at_byte: u64,
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.at_byte += read as u64;
        Ok(read)
    }
}

impl Stream<'_> {
    /// Fills `buffer` as far as the content goes, and says how far that was.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, DataError> {
        fill(self, buffer).map_err(|error| self.explain(error))
    }

    /// An error of reading, told as damage where the content is packed.
    fn explain(&self, error: std::io::Error) -> DataError {
        let of_the_content =
            matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput);
        if self.gzip && of_the_content {
            let cause = match error.kind() {
                ErrorKind::UnexpectedEof => "the file ends in the middle of it".to_owned(),
                _ => error.to_string(),
            };
            DataError::DamagedGzip { path: self.path.to_path_buf(), byte: self.at_byte, cause }
        } else {
            DataError::Read { path: self.path.to_path_buf(), source: error }
        }
    }
}

/// Fills `buffer` as far as `reader` goes, and says how far that was.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Bytes as pairs of hexadecimal digits.
fn hexadecimal(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing (the file is empty)".to_owned();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// What a magic number of IDX stands for, in words.
fn meaning(magic: [u8; 4]) -> String {
    let values = match magic {
        [0, 0, 0x08, _] => "unsigned bytes",
        [0, 0, 0x09, _] => "signed bytes",
        [0, 0, 0x0b, _] => "16-bit integers",
        [0, 0, 0x0c, _] => "32-bit integers",
        [0, 0, 0x0d, _] => "32-bit floating-point numbers",
        [0, 0, 0x0e, _] => "64-bit floating-point numbers",
        [0x1f, 0x8b, ..] => return "gzip within gzip".to_owned(),
        _ => return "not IDX".to_owned(),
    };
    let rank = magic[3];
    let usual = match rank {
        1 => ", as of a label file",
        3 | 4 => ", as of an image file",
        _ => "",
    };
    format!("IDX, {values}, {rank} dimension{}{usual}", if rank == 1 { "" } else { "s" })
}
