//! Data as plain arrays: readers, descriptions of samples, splits, preparation, previews, metrics.
//!
//! What travels on a samples wire is a *description* ([`Samples`]): source, rows, fitted steps, schema and content
//! hashes, a small JSON document. A [`Loader`] turns a description into an [`ImageSet`] that gives rows and prepared
//! batches; it decodes each file once per process.
//!
//! The flow of an image data set:
//!
//! 1. [`describe_images`] reads a folder of IDX files: [`DataSet`] (training part, published test part);
//! 2. [`split`] parts the training part only: [`Parts`] (train, validation, test);
//! 3. [`normalise`] fits on the training part and appends the fitted [`Step`] to all three;
//! 4. [`Loader::open`] and [`ImageSet::batch`] feed training; [`apply`] prepares raw input in the same way at serving.
//!
//! This crate knows no Burn, no window, no engine and no project file: paths come in as absolute or relative to the
//! working directory, random streams as numbers ([`random::stream`]).

mod error;
mod idx;
mod images;
pub mod metrics;
mod prepare;
mod preview;
pub mod random;
mod samples;
mod split;

pub use error::DataError;
pub use images::{ImageOptions, ImageSet, Loader, describe_images, fingerprint};
pub use prepare::{Normalisation, Step, apply, fit_normalisation, normalise};
pub use preview::{DataReport, Preview, Thumbnail, prepared, preview, report};
pub use samples::{DataFile, DataSet, Part, Parts, Rows, Samples, Schema, Side, Source};
pub use split::{Amount, SplitOptions, split};
