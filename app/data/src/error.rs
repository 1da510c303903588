//! What can go wrong with data: each message names the file and the place, and says what to do.

use std::path::PathBuf;

/// An error in reading, describing, splitting or preparing data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The data folder is not there.
    #[error("the data folder {folder} was not found: check the path of the data node")]
    FolderNotFound {
        /// Absolute path of the folder.
        folder: PathBuf,
    },
    /// The path leads to something that is no folder.
    #[error("{path} is a file, not a folder: give the folder that holds the data files")]
    NotAFolder {
        /// Absolute path.
        path: PathBuf,
    },
    /// A data file is missing from its folder.
    #[error("no {what} in the folder {folder}: looked for {}. Put one of these files there, or change the path", .looked_for.join(", "))]
    FileNotFound {
        /// The folder searched.
        folder: PathBuf,
        /// What the file holds, such as 'training images'.
        what: String,
        /// Names that would have been taken.
        looked_for: Vec<String>,
    },
    /// The operating system refused to read.
    #[error("{path}: cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is named `.gz` and is neither gzip nor IDX.
    #[error(
        "{path}: not a gzip file: byte 0 begins {found}, and gzip begins 1f 8b. It may be an error page saved under this name: download it again"
    )]
    NotGzip {
        /// The file.
        path: PathBuf,
        /// The first bytes, in hexadecimal.
        found: String,
    },
    /// The gzip stream is damaged.
    #[error(
        "{path}: damaged gzip data after byte {byte} of the unpacked content ({cause}): download or copy the file again"
    )]
    DamagedGzip {
        /// The file.
        path: PathBuf,
        /// Bytes unpacked before the damage.
        byte: u64,
        /// What the decoder says.
        cause: String,
    },
    /// The first four bytes are not those of the expected kind of IDX file.
    #[error("{path}: wrong magic number at byte 0: found {found}, expected {expected}")]
    Magic {
        /// The file.
        path: PathBuf,
        /// What was found, in hexadecimal and in words.
        found: String,
        /// What was expected, in hexadecimal and in words.
        expected: String,
    },
    /// The file ends within its header.
    #[error(
        "{path}: ends at byte {found_bytes}, within its header of {header_bytes} bytes: download or copy the file again"
    )]
    ShortHeader {
        /// The file.
        path: PathBuf,
        /// Bytes there are (unpacked).
        found_bytes: u64,
        /// Bytes of a whole header.
        header_bytes: u64,
    },
    /// The file ends before the data its header announces.
    #[error(
        "{path}: truncated: ends at {unit} {found_bytes}, but its header announces {count} {items}, {expected_bytes} bytes in all; only {whole} {items} are whole. Download or copy the file again"
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// 'byte', or 'unpacked byte' in a gzipped file.
        unit: &'static str,
        /// Bytes there are.
        found_bytes: u64,
        /// Bytes the header announces, header included.
        expected_bytes: u64,
        /// Items the header announces.
        count: u64,
        /// Items that are complete.
        whole: u64,
        /// 'images' or 'labels'.
        items: &'static str,
    },
    /// The file goes on after the data its header announces.
    #[error(
        "{path}: goes on after byte {expected_bytes}, where the {count} {items} of its header end: header and content do not match; download or copy the file again"
    )]
    Excess {
        /// The file.
        path: PathBuf,
        /// Bytes the header announces, header included.
        expected_bytes: u64,
        /// Items the header announces.
        count: u64,
        /// 'images' or 'labels'.
        items: &'static str,
    },
    /// The dimensions in the header make no images.
    #[error("{path}: the header at byte 4 gives the dimensions {dimensions:?}: {reason}")]
    Dimensions {
        /// The file.
        path: PathBuf,
        /// Dimensions as read.
        dimensions: Vec<u32>,
        /// What is wrong with them.
        reason: &'static str,
    },
    /// Labels and images do not belong together.
    #[error(
        "label file {labels} has {label_count} labels for {image_count} images of {images}: the two files do not belong together"
    )]
    LabelCount {
        /// The label file.
        labels: PathBuf,
        /// Labels in it.
        label_count: usize,
        /// The image file.
        images: PathBuf,
        /// Images in it.
        image_count: usize,
    },
    /// A label names no class.
    #[error(
        "{path}: label {label} of row {row} (byte {byte}) is out of range: there are {classes} classes, 0 to {}{hint}",
        .classes.saturating_sub(1)
    )]
    LabelRange {
        /// The label file.
        path: PathBuf,
        /// The label.
        label: u8,
        /// Row, counted from 0.
        row: usize,
        /// Byte of the (unpacked) file.
        byte: u64,
        /// Number of classes.
        classes: usize,
        /// What to do, beginning with a separator, or empty.
        hint: &'static str,
    },
    /// Test images differ in shape from the training images.
    #[error(
        "{path} holds images of shape {found:?} (channels, height, width), but {other} of {expected:?}: the files do not belong together"
    )]
    ShapeMismatch {
        /// The file that differs.
        path: PathBuf,
        /// Its shape.
        found: Vec<usize>,
        /// The file it is compared with.
        other: PathBuf,
        /// The shape of that one.
        expected: Vec<usize>,
    },
    /// A file is not the one that was described.
    #[error(
        "{path} has changed since the data node read it (its content hash is {found}, not {expected}): run the data node again"
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// Hash now, shortened.
        found: String,
        /// Hash described, shortened.
        expected: String,
    },
    /// A description does not fit its source.
    #[error("the description of the samples in {folder} does not fit its data: {reason}. Run the data node again")]
    Description {
        /// Folder of the source.
        folder: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A description cannot be read or written as JSON.
    #[error("the description of the samples is not valid ({source}): run the node that wrote it again")]
    Json {
        /// The cause, with line and column.
        #[from]
        source: serde_json::Error,
    },
    /// A parameter has a value that makes no sense.
    #[error("{parameter}: {reason}")]
    Parameter {
        /// Name of the parameter.
        parameter: &'static str,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// A fitted step does not fit the values it is applied to.
    #[error("the fitted step '{step}' does not fit the input: {reason}")]
    StepMismatch {
        /// Name of the step.
        step: &'static str,
        /// What does not fit.
        reason: String,
    },
}
