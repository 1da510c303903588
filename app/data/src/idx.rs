//! The IDX format (LeCun, Cortes, Burges, 1998): unsigned bytes with a big-endian header, plain or gzipped.
//!
//! A header is never believed further than the bytes that back it: memory grows with what is read, and a file that is
//! shorter or longer than its header says is refused with the place. This module knows no descriptions and no cache.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek as _, SeekFrom};
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
    let (dimensions, pixels) = read(path, Content::Images)?;
    let order = order(path, &dimensions)?;
    Ok(RawImages { shape: order.shape, pixels: order.planes_first(pixels) })
}

/// Number and shape (channels, height, width) of the images of a file, without reading them. A plain file whose length
/// is not that of its header is refused; a gzipped one shows only when it is read.
pub(crate) fn glance_images(path: &Path) -> Result<(usize, [usize; 3]), DataError> {
    let opened = open(path, Content::Images)?;
    let stored_bytes = opened.stored_bytes;
    if !opened.stream.gzip && stored_bytes < opened.header_bytes + opened.value_bytes {
        return Err(opened.truncated(stored_bytes));
    }
    if !opened.stream.gzip && stored_bytes > opened.header_bytes + opened.value_bytes {
        return Err(opened.excess());
    }
    Ok((opened.count as usize, order(path, &opened.dimensions)?.shape))
}

/// Reads some images of a file, `rows` ascending, each `[channels, height, width]`; nothing behind the last of them is
/// read.
pub(crate) fn read_images_at(path: &Path, rows: &[u32]) -> Result<Vec<Vec<u8>>, DataError> {
    let mut opened = open(path, Content::Images)?;
    let order = order(path, &opened.dimensions)?;
    let item_bytes = opened.item_bytes as usize;
    let mut images = Vec::with_capacity(rows.len());
    let unreadable = |source| DataError::Read { path: path.to_path_buf(), source };
    let mut plain = if opened.stream.gzip { None } else { Some(File::open(path).map_err(unreadable)?) };
    for &row in rows {
        let starts_at = opened.header_bytes + u64::from(row) * opened.item_bytes;
        if u64::from(row) >= opened.count {
            return Err(opened.truncated(starts_at));
        }
        let mut image = Vec::new();
        image.try_reserve_exact(item_bytes).map_err(|_| unreadable(ErrorKind::OutOfMemory.into()))?;
        image.resize(item_bytes, 0);
        let filled = match &mut plain {
            Some(file) => {
                file.seek(SeekFrom::Start(starts_at)).map_err(unreadable)?;
                fill(file, &mut image).map_err(unreadable)?
            }
            None => {
                let ahead = starts_at.saturating_sub(opened.stream.at_byte);
                std::io::copy(&mut (&mut opened.stream).take(ahead), &mut std::io::sink())
                    .map_err(|error| opened.stream.explain(error))?;
                opened.stream.fill(&mut image)?
            }
        };
        if filled < item_bytes {
            return Err(opened.truncated(starts_at + filled as u64));
        }
        images.push(order.planes_first(image));
    }
    Ok(images)
}

/// The shape of the images of a file, and how their values follow one another.
struct Order {
    /// Channels, height, width.
    shape: [usize; 3],
    /// Whether the channels of a pixel stand together.
    interleaved: bool,
}

/// What the dimensions in a header mean.
fn order(path: &Path, dimensions: &[u32]) -> Result<Order, DataError> {
    let wrong = |reason| DataError::Dimensions { path: path.to_path_buf(), dimensions: dimensions.to_vec(), reason };
    let side = |at: usize| dimensions[at] as usize;
    if dimensions.contains(&0) {
        return Err(wrong("there is no image in it"));
    }
    if dimensions.len() == 3 {
        return Ok(Order { shape: [1, side(1), side(2)], interleaved: false });
    }
    // Rank 4 is written in both orders; colours are few, so the small dimension is the one of the channels.
    let channels = 1..=4;
    if channels.contains(&side(1)) {
        Ok(Order { shape: [side(1), side(2), side(3)], interleaved: false })
    } else if channels.contains(&side(3)) {
        Ok(Order { shape: [side(3), side(1), side(2)], interleaved: true })
    } else {
        Err(wrong("neither the second nor the last dimension is a number of channels (1 to 4)"))
    }
}

impl Order {
    /// Whole images in the order channel, row, column.
    fn planes_first(&self, bytes: Vec<u8>) -> Vec<u8> {
        if !self.interleaved {
            return bytes;
        }
        let [channels, height, width] = self.shape;
        let plane = height * width;
        let mut pixels = vec![0; bytes.len()];
        for (from, to) in bytes.chunks_exact(plane * channels).zip(pixels.chunks_exact_mut(plane * channels)) {
            for channel in 0..channels {
                for at in 0..plane {
                    to[channel * plane + at] = from[at * channels + channel];
                }
            }
        }
        pixels
    }
}

/// Reads a file of labels.
pub(crate) fn read_labels(path: &Path) -> Result<Vec<u8>, DataError> {
    Ok(read(path, Content::Labels)?.1)
}

/// An IDX file of unsigned bytes, read up to the end of its header.
struct Opened<'a> {
    stream: Stream<'a>,
    items: &'static str,
    /// Length of the file as stored.
    stored_bytes: u64,
    dimensions: Vec<u32>,
    /// The first dimension.
    count: u64,
    header_bytes: u64,
    /// Of one item.
    item_bytes: u64,
    /// Of all items.
    value_bytes: u64,
}

impl Opened<'_> {
    fn truncated(&self, found_bytes: u64) -> DataError {
        DataError::Truncated {
            path: self.stream.path.to_path_buf(),
            unit: if self.stream.gzip { "unpacked byte" } else { "byte" },
            found_bytes,
            expected_bytes: self.header_bytes + self.value_bytes,
            count: self.count,
            whole: found_bytes.saturating_sub(self.header_bytes).checked_div(self.item_bytes).unwrap_or(0),
            items: self.items,
        }
    }

    fn excess(&self) -> DataError {
        DataError::Excess {
            path: self.stream.path.to_path_buf(),
            expected_bytes: self.header_bytes + self.value_bytes,
            count: self.count,
            items: self.items,
        }
    }
}

/// Reads and checks the header of an IDX file of unsigned bytes.
fn open(path: &Path, content: Content) -> Result<Opened<'_>, DataError> {
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
    Ok(Opened {
        stream,
        items: if content == Content::Images { "images" } else { "labels" },
        stored_bytes,
        dimensions,
        count,
        header_bytes,
        item_bytes: item_bytes.unwrap_or(1),
        value_bytes,
    })
}

/// The dimensions and all values of an IDX file of unsigned bytes.
fn read(path: &Path, content: Content) -> Result<(Vec<u32>, Vec<u8>), DataError> {
    let mut opened = open(path, content)?;
    let Opened { header_bytes, value_bytes, stored_bytes, .. } = opened;
    let gzip = opened.stream.gzip;
    let possible_bytes = if gzip { stored_bytes.saturating_mul(LARGEST_EXPANSION) } else { stored_bytes };
    let mut values = Vec::new();
    usize::try_from(value_bytes.min(possible_bytes))
        .ok()
        .and_then(|bytes| values.try_reserve_exact(bytes).ok())
        .ok_or_else(|| DataError::Read { path: path.to_path_buf(), source: ErrorKind::OutOfMemory.into() })?;
    // One byte more than announced, so that a file that goes on is noticed.
    match (&mut opened.stream).take(value_bytes + 1).read_to_end(&mut values) {
        Ok(_) => {}
        Err(error) if gzip && error.kind() == ErrorKind::UnexpectedEof => {
            return Err(opened.truncated(opened.stream.at_byte));
        }
        Err(error) => return Err(opened.stream.explain(error)),
    }
    let read_bytes = values.len() as u64;
    if read_bytes < value_bytes {
        return Err(opened.truncated(header_bytes + read_bytes));
    }
    if read_bytes > value_bytes {
        return Err(opened.excess());
    }
    Ok((opened.dimensions, values))
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
