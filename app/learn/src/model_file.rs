//! Models and checkpoints as files: safetensors, so that reading one never executes anything.
//!
//! A model's file holds the weights under their names ([`crate::weights`]) and, in the metadata under the key `weft`, one
//! JSON document: the layers, the fitted steps that prepare samples, the classes, and the version of the format. With
//! it, whatever is shown to the model later is prepared as the training samples were.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Write;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use weft_data::Step;
use weft_model::LayerGraph;
use weft_protocol::event::Fault;

use crate::fault;
use crate::weights::{Array, Weights};

/// Version of what stands in a model's metadata.
pub const MODEL_FORMAT: u32 = 1;

/// Key of our document in the metadata.
const KEY: &str = "weft";

/// What a model knows beside its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// [`MODEL_FORMAT`].
    pub format: u32,
    /// The layers.
    pub network: LayerGraph,
    /// Shape of one sample, without the batch dimension.
    pub sample_shape: Vec<usize>,
    /// Names of the classes, in the order of the network's outputs.
    pub classes: Vec<String>,
    /// What prepares samples.
    pub steps: Vec<Step>,
    /// Epochs that the weights have learned for.
    pub epoch: u32,
}

/// A trained model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What it knows beside its weights.
    pub info: ModelInfo,
    /// Its weights.
    pub weights: Weights,
}

impl Model {
    /// The model as the bytes of a file; the same model gives the same bytes.
    ///
    /// # Errors
    /// A reason in words, if the model cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        to_bytes(&self.weights, &self.info)
    }

    /// Reads a model.
    ///
    /// # Errors
    /// A [`Fault`] that names the file: it cannot be read, is no model, or one of a newer format.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        const MODEL: (&str, &str) = ("model", "模型");
        let bytes = std::fs::read(path).map_err(|e| fault::unreadable(MODEL, path, e))?;
        /// The part that every version has.
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let (_, Version { format }): (_, Version) =
            from_bytes(&bytes).map_err(|e| fault::unreadable(MODEL, path, e))?;
        if format > MODEL_FORMAT {
            return Err(fault::fault(
                "newer_format",
                (
                    format!(
                        "{}: the model is of format {format}, and this program reads up to {MODEL_FORMAT}",
                        path.display()
                    ),
                    format!("{}：模型格式为 {format}，本程序最多支持 {MODEL_FORMAT}", path.display()),
                ),
                ("Update the program.", "请更新程序。"),
            ));
        }
        let (weights, info) = from_bytes(&bytes).map_err(|e| fault::unreadable(MODEL, path, e))?;
        Ok(Self { info, weights })
    }
}

/// Arrays and a document as the bytes of a safetensors file.
pub(crate) fn to_bytes<T: Serialize>(arrays: &BTreeMap<String, Array>, document: &T) -> Result<Vec<u8>, String> {
    let bytes: Vec<(&String, &Array, Vec<u8>)> = arrays
        .iter()
        .map(|(name, array)| (name, array, array.values.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let mut views = Vec::with_capacity(bytes.len());
    for (name, array, bytes) in &bytes {
        let view = TensorView::new(Dtype::F32, array.shape.clone(), bytes).map_err(|e| format!("{name}: {e}"))?;
        views.push((name.as_str(), view));
    }
    let document = serde_json::to_string(document).map_err(|e| e.to_string())?;
    let metadata = HashMap::from([(KEY.to_owned(), document)]);
    safetensors::serialize(views, Some(metadata)).map_err(|e| e.to_string())
}

/// The arrays and the document of a safetensors file.
pub(crate) fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<(BTreeMap<String, Array>, T), String> {
    let (_, header) =
        SafeTensors::read_metadata(bytes).map_err(|e| format!("it is no whole safetensors file ({e})"))?;
    let document = header
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get(KEY))
        .ok_or_else(|| format!("it has no entry '{KEY}' in its metadata, so it was not written by this program"))?;
    let document = serde_json::from_str(document).map_err(|e| format!("its description is damaged ({e})"))?;
    let file = SafeTensors::deserialize(bytes).map_err(|e| format!("it is no whole safetensors file ({e})"))?;
    let mut arrays = BTreeMap::new();
    for (name, view) in file.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(format!("'{name}' is of type {:?}, and only F32 is read", view.dtype()));
        }
        let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        arrays.insert(name, Array { shape: view.shape().to_vec(), values });
    }
    Ok((arrays, document))
}

/// Writes a file as a whole or not at all: to a temporary name beside it, synced, renamed.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension("partial");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&temporary, path)?;
    // The name is safe only when the folder is; elsewhere than on Unix a folder cannot be opened for it.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::analyse;
    use crate::weights::initial_weights;

    fn model() -> Model {
        let network = LayerGraph::lenet5();
        let weights = initial_weights(&network, &analyse(&network, &[1, 28, 28]).unwrap(), 1);
        let step =
            Step::Normalise { method: weft_data::Normalisation::Standardise, mean: vec![33.318], std: vec![78.567] };
        let classes = (0..10).map(|c| c.to_string()).collect();
        let sample_shape = vec![1, 28, 28];
        Model {
            info: ModelInfo { format: MODEL_FORMAT, network, sample_shape, classes, steps: vec![step], epoch: 3 },
            weights,
        }
    }

    #[test]
    fn a_model_reads_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let bytes = model().to_bytes().unwrap();
        assert_eq!(bytes, model().to_bytes().unwrap());
        write_atomically(&path, &bytes).unwrap();
        assert_eq!(Model::read(&path).unwrap(), model());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn files_that_are_no_models_are_refused_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let whole = model().to_bytes().unwrap();
        let fault = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Model::read(&path).unwrap_err()
        };
        for bytes in [&b""[..], b"not a model", &whole[..whole.len() - 1], &whole[..100]] {
            let fault = fault(bytes);
            assert_eq!(fault.code, "bad_input");
            assert!(fault.message.en.contains("model.safetensors"), "{fault}");
            assert!(fault.message.zh.contains("无法读取模型"));
        }
        let mut newer = model();
        newer.info.format = 99;
        let fault = fault(&newer.to_bytes().unwrap());
        assert_eq!(fault.code, "newer_format");
        assert!(Model::read(&folder.path().join("none")).unwrap_err().message.en.contains("none"));
    }
}
