//! Tiny IDX files made on the spot.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::io::Write;
use std::path::{Path, PathBuf};

use weft_data::{DataError, DataSet, ImageOptions, Loader, describe_images};

/// An IDX file of unsigned bytes.
pub fn idx(dimensions: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    bytes.extend(dimensions.iter().flat_map(|side| side.to_be_bytes()));
    bytes.extend(values);
    bytes
}

/// `content`, gzipped.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Images of 2 × 3 whose every byte is a function of its place.
pub fn images(count: usize) -> Vec<u8> {
    let values: Vec<u8> = (0..count * 6).map(|at| (at * 7 % 251) as u8).collect();
    idx(&[count as u32, 2, 3], &values)
}

pub fn labels(labels: &[u8]) -> Vec<u8> {
    idx(&[labels.len() as u32], labels)
}

/// A folder with a whole data set: `train` and `test` are the labels.
pub struct Folder(pub tempfile::TempDir);

impl Folder {
    pub fn new(train: &[u8], test: &[u8]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("train-images-idx3-ubyte", &images(train.len()));
        folder.write("train-labels-idx1-ubyte", &labels(train));
        folder.write("t10k-images-idx3-ubyte", &images(test.len()));
        folder.write("t10k-labels-idx1-ubyte", &labels(test));
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.path().join(name)).unwrap();
    }

    pub fn options(&self) -> ImageOptions {
        ImageOptions { folder: self.path().to_path_buf(), ..ImageOptions::default() }
    }

    pub fn describe(&self) -> Result<DataSet, DataError> {
        describe_images(&self.options(), &Loader::new())
    }

    /// The message of the error that describing this folder gives.
    pub fn complaint(&self) -> String {
        self.describe().expect_err("bad input was taken").to_string()
    }
}
