//! Previews of data: what a node shows of what it gives.

use serde::{Deserialize, Serialize};
use weft_model::shape::SampleSchema;

/// A small image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// Width [px].
    pub width: usize,
    /// Height [px].
    pub height: usize,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Rows from top to bottom, channels interleaved.
    #[serde(with = "bytes")]
    pub pixels: Vec<u8>,
    /// Name of its class.
    pub label: String,
}

mod bytes {
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, v: &[u8]) -> Result<Vec<u8>, E> {
                Ok(v.to_vec())
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
                let mut out = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    out.push(byte);
                }
                Ok(out)
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

/// What is known of the data that a node gives, by looking at its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// Shape of a sample and number of classes.
    pub schema: SampleSchema,
    /// Training samples in all.
    pub train_count: u64,
    /// Test samples in all.
    pub test_count: u64,
    /// Training samples of each class, in the order of the classes.
    pub class_counts: Vec<u64>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// A few samples.
    pub thumbnails: Vec<Thumbnail>,
}
