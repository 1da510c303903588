//! Previews: what a node would give, looked at without a run.
//!
//! The nodes that feed it are described one after another by the very functions that a run calls; nothing is written
//! anywhere. Files are only glanced at, unless a node of the chain has to measure what is in them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use weft_data::{DataSet, Loader, Samples};
use weft_model::Localised;
use weft_model::shape::SampleSchema;
use weft_protocol::event::Fault;
use weft_protocol::preview::{Fact, FactValue, LookNode, PartSummary, Preview, PreviewBody, Stage, Strip, Thumbnail};
use weft_protocol::run::Part;

use crate::executor::{Executor, Params, executor};
use crate::fault;

/// Thumbnails of a strip: one of each class, but not fewer and not more than this.
const THUMBNAILS: std::ops::RangeInclusive<usize> = 10..=16;
/// Decoded bytes that are kept for the next look.
const KEPT_BYTES: usize = 512 << 20;

/// What a wire carries.
#[derive(Debug, Clone)]
pub enum Carried {
    /// A data set with its published parts.
    DataSet(Box<DataSet>),
    /// Samples of one part.
    Samples(Box<Samples>),
}

/// What a node is given for a look.
pub struct Given<'a> {
    /// Its parameters.
    pub params: Params<'a>,
    /// Seed of its random streams.
    pub seed: u64,
    /// What its wired inputs carry.
    pub inputs: BTreeMap<&'a str, &'a Carried>,
}

impl Given<'_> {
    /// The data set that an input carries.
    pub(crate) fn data_set(&self, port: &str) -> Result<&DataSet, Fault> {
        match self.inputs.get(port) {
            Some(Carried::DataSet(data)) => Ok(data),
            _ => Err(fault::missing_input(port)),
        }
    }

    /// The samples that an input carries.
    pub(crate) fn samples(&self, port: &str) -> Result<&Samples, Fault> {
        match self.inputs.get(port) {
            Some(Carried::Samples(samples)) => Ok(samples),
            _ => Err(fault::missing_input(port)),
        }
    }
}

/// What a node would give: what each output port carries, and what there is to see of it.
pub struct Look<'a> {
    /// By port.
    pub outputs: BTreeMap<&'static str, Carried>,
    /// Makes the preview; not called for nodes that only feed the one that is looked at.
    pub show: Box<dyn FnOnce() -> Result<Preview, Fault> + 'a>,
}

/// Looks at data; keeps what it has read.
#[derive(Debug)]
pub struct Looker {
    glance: Loader,
    whole: Loader,
}

impl Default for Looker {
    fn default() -> Self {
        Self { glance: Loader::glancing(), whole: Loader::with_limit(KEPT_BYTES) }
    }
}

impl Looker {
    /// Looks at what the last node of a chain gives. `cancelled` is asked at every step.
    ///
    /// # Errors
    /// A [`Fault`] if the data cannot be read, the chain is broken, its last node has nothing to show, or the look was
    /// cancelled.
    pub fn look(&self, chain: &[LookNode], base_dir: &Path, cancelled: &dyn Fn() -> bool) -> Result<Preview, Fault> {
        let look = || self.look_along(chain, base_dir, cancelled);
        catch_unwind(AssertUnwindSafe(look))
            .unwrap_or_else(|payload| Err(fault::panicked(&crate::panics::describe(&*payload))))
    }

    fn look_along(&self, chain: &[LookNode], base_dir: &Path, cancelled: &dyn Fn() -> bool) -> Result<Preview, Fault> {
        let executors: Vec<&dyn Executor> = chain
            .iter()
            .map(|node| executor(&node.kind).ok_or_else(|| no_preview(&node.kind)))
            .collect::<Result<_, _>>()?;
        let measures = executors.iter().any(|e| e.measures());
        let loader = if measures { &self.whole } else { &self.glance };
        let mut carried: Vec<BTreeMap<&str, Carried>> = Vec::with_capacity(chain.len());
        for (at, (node, executor)) in chain.iter().zip(&executors).enumerate() {
            if cancelled() {
                return Err(given_up());
            }
            let mut inputs = BTreeMap::new();
            for input in &node.inputs {
                let from = carried.get(input.from).and_then(|outputs| outputs.get(input.output.as_str()));
                inputs.insert(input.port.as_str(), from.ok_or_else(|| fault::missing_input(&input.port))?);
            }
            let given = Given { params: Params { values: &node.params, base_dir }, seed: node.seed, inputs };
            let look = executor.look(&given, loader).ok_or_else(|| no_preview(&node.kind))??;
            if at + 1 == chain.len() {
                return if cancelled() { Err(given_up()) } else { (look.show)() };
            }
            let outputs = look.outputs;
            carried.push(outputs);
        }
        Err(no_preview(""))
    }
}

fn no_preview(kind: &str) -> Fault {
    fault::fault(
        "no_preview",
        (format!("nodes of the kind '{kind}' have no preview"), format!("“{kind}”类节点没有预览")),
        ("", ""),
    )
}

fn given_up() -> Fault {
    fault::fault("cancelled", ("the look at the data was given up".to_owned(), "已放弃查看数据".to_owned()), ("", ""))
}

/// Samples of a part as they are stored: how many of which class, and some of them.
pub(crate) struct Seen {
    pub summary: PartSummary,
    pub strip: Strip,
    /// Which samples the strip shows.
    pub rows: Vec<u32>,
}

/// Looks at the samples of a part.
pub(crate) fn see(part: Part, samples: &Samples, loader: &Loader) -> Result<Seen, Fault> {
    let thumbnails = samples.schema.classes.len().clamp(*THUMBNAILS.start(), *THUMBNAILS.end());
    let seen = weft_data::preview(samples, thumbnails, loader).map_err(|e| fault::from_data(&e))?;
    Ok(Seen {
        summary: PartSummary { part, count: seen.count as u64, class_counts: seen.class_counts },
        strip: Strip { part, stage: None, shown_range: None, thumbnails: pictures(seen.thumbnails, &seen.classes) },
        rows: seen.rows,
    })
}

/// The same samples, as the steps that were fitted make them; `range` is shown from black to white.
pub(crate) fn see_prepared(
    part: Part,
    samples: &Samples,
    rows: &[u32],
    range: [f32; 2],
    loader: &Loader,
) -> Result<Strip, Fault> {
    let pictures_of = weft_data::prepared(samples, rows, range, loader).map_err(|e| fault::from_data(&e))?;
    Ok(Strip {
        part,
        stage: Some(Stage::After),
        shown_range: Some(range.map(f64::from)),
        thumbnails: pictures(pictures_of, &samples.schema.classes),
    })
}

fn pictures(thumbnails: Vec<weft_data::Thumbnail>, classes: &[String]) -> Vec<Thumbnail> {
    let name = |label: u8| classes.get(usize::from(label)).cloned().unwrap_or_else(|| label.to_string());
    thumbnails
        .into_iter()
        .map(|picture| {
            // Transparency is left out.
            let shown = if picture.channels < 3 { 1 } else { 3 };
            let pixels =
                picture.pixels.chunks_exact(picture.channels).flat_map(|pixel| &pixel[..shown]).copied().collect();
            Thumbnail {
                width: picture.width,
                height: picture.height,
                channels: shown,
                pixels,
                label: name(picture.label),
            }
        })
        .collect()
}

/// A preview of images.
pub(crate) fn of_images(of: &Samples, parts: Vec<PartSummary>, facts: Vec<Fact>, strips: Vec<Strip>) -> Preview {
    let classes = of.schema.classes.clone();
    Preview {
        schema: SampleSchema { shape: of.schema.sample_shape.clone(), classes: classes.len() },
        classes,
        parts,
        facts,
        // A part without samples has nothing to show.
        body: PreviewBody::Images { strips: strips.into_iter().filter(|s| !s.thumbnails.is_empty()).collect() },
    }
}

/// A fact, its label in both languages.
pub(crate) fn fact(id: &str, label: (&str, &str), value: FactValue) -> Fact {
    Fact { id: id.to_owned(), label: Localised::new(label.0, label.1), value, unit: None }
}

/// How much larger the largest class is than the smallest that has any sample.
pub(crate) fn imbalance(part: &PartSummary) -> Option<Fact> {
    let largest = part.class_counts.iter().copied().max()?;
    let smallest = part.class_counts.iter().copied().filter(|count| *count > 0).min()?;
    let ratio = largest as f64 / smallest as f64;
    let label = ("Largest class to smallest", "最大类别与最小类别之比");
    Some(fact("imbalance", label, FactValue::Numbers(vec![ratio])))
}
