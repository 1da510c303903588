//! The node catalogue: every kind of node is declared once, as data. Palette, search, inspector, validation, command
//! line, project schema and reference derive from these declarations. To add a kind: one declaration here, one executor.

use serde::{Deserialize, Serialize};

use crate::layers::LayerGraph;
use crate::text::{Localised, Text};
use crate::value::Value;

pub mod hints;
mod kinds;

pub use kinds::KINDS;

/// What flows through a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortType {
    /// A data set as published: its training samples and, apart from them, its test samples.
    Dataset,
    /// Samples of one part.
    Samples,
    /// A network: layers without weights.
    Network,
    /// A trained model with the preparation it needs.
    Model,
    /// Measured numbers, curves and tables.
    Metrics,
    /// Word that something is done: what waits for it may begin.
    Signal,
}

impl PortType {
    /// All types.
    pub const ALL: [PortType; 6] =
        [PortType::Dataset, PortType::Samples, PortType::Network, PortType::Model, PortType::Metrics, PortType::Signal];

    /// Identifier, as it stands in projects.
    pub const fn id(self) -> &'static str {
        match self {
            PortType::Dataset => "dataset",
            PortType::Samples => "samples",
            PortType::Network => "network",
            PortType::Model => "model",
            PortType::Metrics => "metrics",
            PortType::Signal => "signal",
        }
    }

    /// What a person calls it.
    pub const fn label(self) -> Text {
        match self {
            PortType::Dataset => Text { en: "data set", zh: "数据集" },
            PortType::Samples => Text { en: "samples", zh: "样本" },
            PortType::Network => Text { en: "network", zh: "网络" },
            PortType::Model => Text { en: "model", zh: "模型" },
            PortType::Metrics => Text { en: "metrics", zh: "指标" },
            PortType::Signal => Text { en: "signal", zh: "信号" },
        }
    }

    /// Whether an output of this type may feed an input of type `input`; if not, why.
    ///
    /// # Errors
    /// What does not fit, and what to put between.
    pub fn feeds(self, input: PortType) -> Result<(), Localised> {
        if self == input {
            return Ok(());
        }
        let (from, to) = (self.label(), input.label());
        let mut en = format!("a {} output does not fit a {} input", from.en, to.en);
        let mut zh = format!("“{}”输出不能接到“{}”输入", from.zh, to.zh);
        let hint = match (self, input) {
            (PortType::Dataset, PortType::Samples) => Some(("put a Split node between", "请在中间加一个“划分”节点")),
            (PortType::Network, PortType::Model) => Some(("train the network first", "请先训练该网络")),
            _ => None,
        };
        if let Some((hint_en, hint_zh)) = hint {
            en = format!("{en}: {hint_en}");
            zh = format!("{zh}：{hint_zh}");
        }
        Err(Localised::new(en, zh))
    }
}

/// The phase of a task that consumes an input: a wire holds back that phase and what follows it, not the whole node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Learning, fitting.
    Train,
    /// Making ready: loading weights.
    Deploy,
    /// Computing results.
    Run,
}

/// Category of the palette. Gives the node its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the catalogue's own, explained in the reference")]
pub enum Category {
    Data,
    Prepare,
    Network,
    Train,
    Evaluate,
    Compress,
    Deploy,
    Watch,
    Flow,
}

impl Category {
    /// All categories, in the palette's order.
    pub const ALL: [Category; 9] = [
        Category::Data,
        Category::Prepare,
        Category::Network,
        Category::Train,
        Category::Evaluate,
        Category::Compress,
        Category::Deploy,
        Category::Watch,
        Category::Flow,
    ];

    /// What a person calls it.
    pub fn label(self) -> Text {
        match self {
            Category::Data => Text { en: "Data", zh: "数据" },
            Category::Prepare => Text { en: "Prepare", zh: "预处理" },
            Category::Network => Text { en: "Network", zh: "网络" },
            Category::Train => Text { en: "Train", zh: "训练" },
            Category::Evaluate => Text { en: "Evaluate", zh: "评估" },
            Category::Compress => Text { en: "Compress", zh: "压缩" },
            Category::Deploy => Text { en: "Deploy", zh: "部署" },
            Category::Watch => Text { en: "Watch", zh: "监控" },
            Category::Flow => Text { en: "Flow", zh: "流程" },
        }
    }

    /// Identifier: the name of the category's colour in the theme files.
    pub fn id(self) -> &'static str {
        match self {
            Category::Data => "data",
            Category::Prepare => "prepare",
            Category::Network => "network",
            Category::Train => "train",
            Category::Evaluate => "evaluate",
            Category::Compress => "compress",
            Category::Deploy => "deploy",
            Category::Watch => "watch",
            Category::Flow => "flow",
        }
    }

    /// Name of the category's icon (Phosphor).
    pub fn icon(self) -> &'static str {
        match self {
            Category::Data => "database",
            Category::Prepare => "funnel",
            Category::Network => "graph",
            Category::Train => "barbell",
            Category::Evaluate => "gauge",
            Category::Compress => "package",
            Category::Deploy => "rocket-launch",
            Category::Watch => "eye",
            Category::Flow => "flow-arrow",
        }
    }
}

/// An input or output of a kind of node.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PortDecl {
    /// Identifier within the node's inputs or outputs.
    pub id: &'static str,
    /// What a person calls it.
    pub label: Text,
    /// What flows through it.
    pub ty: PortType,
    /// Whether an input must be wired for the node to run.
    pub required: bool,
    /// Whether an input takes any number of wires; every other takes one.
    pub many: bool,
    /// The phase that consumes an input, or that makes an output.
    pub phase: Phase,
}

/// One of the values of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChoiceDecl {
    /// Identifier, as it stands in a project.
    pub id: &'static str,
    /// What a person calls it.
    pub label: Text,
}

/// What values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ParamKind {
    /// A switch.
    Bool,
    /// A whole number within a range, both ends included.
    Int {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A number within a range, both ends included.
    Float {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
        /// Whether it is felt by factors: a slider is logarithmic.
        logarithmic: bool,
    },
    /// One of several.
    Choice {
        /// The values.
        choices: &'static [ChoiceDecl],
    },
    /// Any text.
    Text,
    /// A folder, relative to the project's file.
    Folder,
    /// A whole number, or nothing: then derived from the run's seed.
    Seed,
    /// A network, layer by layer.
    Layers,
    /// A text of several lines, in Markdown.
    Markdown,
}

/// A value that a declaration can hold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Default {
    /// A switch.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text, a choice or a path.
    Text(&'static str),
    /// LeNet-5.
    #[serde(serialize_with = "as_lenet5")]
    LeNet5,
    /// No value: the parameter is optional.
    None,
}

fn as_lenet5<S: serde::Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    LayerGraph::lenet5().serialize(serializer)
}

impl Default {
    /// The value, if there is one.
    pub fn value(self) -> Option<Value> {
        match self {
            Default::Bool(v) => Some(Value::Bool(v)),
            Default::Int(v) => Some(Value::Int(v)),
            Default::Float(v) => Some(Value::Float(v)),
            Default::Text(v) => Some(Value::Text(v.to_owned())),
            Default::LeNet5 => Some(Value::Layers(LayerGraph::lenet5())),
            Default::None => None,
        }
    }
}

/// A parameter of a kind of node.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ParamDecl {
    /// Identifier, as it stands in projects and in `--set NODE.PARAM=VALUE`.
    pub id: &'static str,
    /// What a person calls it.
    pub label: Text,
    /// What it does, and what to choose.
    pub help: Text,
    /// What values it takes.
    pub kind: ParamKind,
    /// Its value where the project gives none.
    pub default: Default,
    /// Unit, as shown inside the field.
    pub unit: Option<Text>,
    /// Heading under which the inspector shows it.
    pub group: Text,
    /// Whether it alters numbers, and so belongs in the key of the artifact.
    pub alters_result: bool,
    /// Whether the node cannot run while it is empty.
    pub required: bool,
}

impl ParamDecl {
    /// Whether `value` is allowed; if not, what is.
    ///
    /// # Errors
    /// What is wrong with the value, and the range or the choices.
    pub fn check(&self, value: &Value) -> Result<(), Localised> {
        let wrong_type =
            |en: &str, zh: &str| Err(Localised::new(format!("'{value}' is not {en}"), format!("“{value}”不是{zh}")));
        match self.kind {
            ParamKind::Bool => match value {
                Value::Bool(_) => Ok(()),
                _ => wrong_type("true or false", "真或假"),
            },
            ParamKind::Int { min, max } => match value.as_i64() {
                Some(v) if (min..=max).contains(&v) => Ok(()),
                Some(v) => Err(out_of_range(&v.to_string(), &min.to_string(), &max.to_string())),
                None => wrong_type("a whole number", "整数"),
            },
            ParamKind::Float { min, max, .. } => match value.as_f64() {
                Some(v) if v.is_finite() && (min..=max).contains(&v) => Ok(()),
                Some(v) => Err(out_of_range(&v.to_string(), &min.to_string(), &max.to_string())),
                None => wrong_type("a number", "数"),
            },
            ParamKind::Choice { choices } => match value.as_str() {
                Some(v) if choices.iter().any(|c| c.id == v) => Ok(()),
                _ => {
                    let ids = choices.iter().map(|c| c.id).collect::<Vec<_>>().join(", ");
                    wrong_type(&format!("one of {ids}"), &format!("以下之一：{ids}"))
                }
            },
            ParamKind::Text | ParamKind::Folder | ParamKind::Markdown => match value {
                Value::Text(_) => Ok(()),
                _ => wrong_type("a text", "文本"),
            },
            ParamKind::Seed => match value.as_i64() {
                Some(v) if v >= 0 => Ok(()),
                _ => wrong_type("a whole number of at least 0", "不小于 0 的整数"),
            },
            ParamKind::Layers => match value {
                Value::Layers(network) if network.layers.is_empty() => {
                    Err(Localised::new("the network has no layers", "网络没有任何层"))
                }
                Value::Layers(_) => Ok(()),
                _ => wrong_type("a network of layers", "由层组成的网络"),
            },
        }
    }

    /// Reads a value from text, as the command line gives it.
    ///
    /// # Errors
    /// What is wrong with the text, and what is allowed.
    pub fn parse(&self, text: &str) -> Result<Value, Localised> {
        let value = match self.kind {
            ParamKind::Bool => text.parse().map(Value::Bool).ok(),
            ParamKind::Int { .. } | ParamKind::Seed => text.parse().map(Value::Int).ok(),
            ParamKind::Float { .. } => text.parse().map(Value::Float).ok(),
            ParamKind::Choice { .. } | ParamKind::Text | ParamKind::Folder | ParamKind::Markdown => {
                Some(Value::Text(text.to_owned()))
            }
            ParamKind::Layers => serde_json::from_str(text).map(Value::Layers).ok(),
        };
        let value = value.unwrap_or_else(|| Value::Text(text.to_owned()));
        self.check(&value).map(|()| value)
    }

    /// The value in the one form that keys are made from: a number of a `Float` parameter is always a float.
    pub fn canonical(&self, value: Value) -> Value {
        match (self.kind, value) {
            (ParamKind::Float { .. }, Value::Int(v)) => Value::Float(v as f64),
            (ParamKind::Int { .. } | ParamKind::Seed, Value::Float(v)) if v.fract() == 0.0 => Value::Int(v as i64),
            (_, value) => value,
        }
    }
}

fn out_of_range(value: &str, min: &str, max: &str) -> Localised {
    Localised::new(format!("{value} is outside the range {min} to {max}"), format!("{value} 超出范围 {min} 至 {max}"))
}

/// A kind of node under a name of its own in the palette, with some parameters set.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Preset {
    /// Identifier.
    pub id: &'static str,
    /// What a person calls it.
    pub label: Text,
    /// Identifier of the parameter that the preset sets.
    pub param: &'static str,
    /// Makes its value.
    #[serde(skip)]
    pub value: fn() -> Value,
}

/// Where a task of this kind computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Within the engine: it only passes on what stands in the graph.
    Engine,
    /// Nothing is computed: the engine's clock is waited for.
    Clock,
    /// In a worker, on the CPU, whatever device the run has.
    CpuWorker,
    /// In a worker, on the device of the run.
    DeviceWorker,
    /// Nowhere: it is there to be looked at.
    Annotation,
    /// Nowhere: it gives the graph its structure, and what it holds or stands for computes.
    Structure,
}

/// The declaration of a kind of node.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct NodeKind {
    /// Identifier, as it stands in projects.
    pub id: &'static str,
    /// Grows whenever the same parameters and inputs begin to give another result: part of the artifact's key.
    pub version: u32,
    /// Category in the palette.
    pub category: Category,
    /// What a person calls it.
    pub label: Text,
    /// What it does, in a sentence or two.
    pub help: Text,
    /// Further words under which search finds it.
    pub keywords: &'static [&'static str],
    /// Inputs, from top to bottom.
    pub inputs: &'static [PortDecl],
    /// Outputs, from top to bottom.
    pub outputs: &'static [PortDecl],
    /// Parameters, in the inspector's order.
    pub params: &'static [ParamDecl],
    /// Names of its own in the palette.
    pub presets: &'static [Preset],
    /// Where it computes.
    pub place: Place,
    /// Left out of the palette: for measurements and tests.
    pub hidden: bool,
}

impl NodeKind {
    /// Whether nodes of this kind are there to be looked at only: no run, plan or check has to do with them.
    pub fn is_annotation(&self) -> bool {
        self.place == Place::Annotation
    }

    /// Whether nodes of this kind compute something, so that a run has a task for each.
    pub fn is_computed(&self) -> bool {
        !matches!(self.place, Place::Annotation | Place::Structure)
    }

    /// The input port called `id`.
    pub fn input(&self, id: &str) -> Option<&'static PortDecl> {
        self.inputs.iter().find(|p| p.id == id)
    }

    /// The output port called `id`.
    pub fn output(&self, id: &str) -> Option<&'static PortDecl> {
        self.outputs.iter().find(|p| p.id == id)
    }

    /// The parameter called `id`.
    pub fn param(&self, id: &str) -> Option<&'static ParamDecl> {
        self.params.iter().find(|p| p.id == id)
    }
}

/// The kind called `id`, if this version has it.
pub fn kind(id: &str) -> Option<&'static NodeKind> {
    KINDS.iter().find(|k| k.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn identifiers_are_unique_and_defaults_are_allowed() {
        let ids: BTreeSet<_> = KINDS.iter().map(|k| k.id).collect();
        assert_eq!(ids.len(), KINDS.len());
        for kind in KINDS {
            for ports in [kind.inputs, kind.outputs] {
                let ids: BTreeSet<_> = ports.iter().map(|p| p.id).collect();
                assert_eq!(ids.len(), ports.len(), "{}", kind.id);
            }
            for param in kind.params {
                if let Some(value) = param.default.value() {
                    assert_eq!(param.check(&value), Ok(()), "{}.{}", kind.id, param.id);
                    assert_eq!(param.canonical(value.clone()), value, "{}.{}", kind.id, param.id);
                }
            }
            for preset in kind.presets {
                let param = kind.param(preset.param).expect("a preset sets a parameter of its kind");
                assert_eq!(param.check(&(preset.value)()), Ok(()));
            }
        }
    }

    #[test]
    fn every_text_stands_in_both_languages() {
        for kind in KINDS {
            let mut texts = vec![kind.label, kind.help];
            texts.extend(kind.inputs.iter().chain(kind.outputs).map(|p| p.label));
            texts.extend(kind.params.iter().flat_map(|p| [p.label, p.help, p.group]));
            for text in texts {
                assert!(!text.en.is_empty() && !text.zh.is_empty(), "{}: {text:?}", kind.id);
            }
        }
    }

    #[test]
    fn values_outside_their_range_are_refused_with_the_range() {
        let epochs = kind("train").and_then(|k| k.param("epochs")).unwrap();
        assert_eq!(epochs.check(&Value::Int(0)).unwrap_err().en, "0 is outside the range 1 to 100000");
        assert_eq!(epochs.check(&Value::from("ten")).unwrap_err().en, "'ten' is not a whole number");
        assert_eq!(epochs.parse("3"), Ok(Value::Int(3)));
        let rate = kind("train").and_then(|k| k.param("learning_rate")).unwrap();
        assert!(rate.check(&Value::Float(f64::NAN)).is_err());
        assert_eq!(rate.canonical(Value::Int(1)), Value::Float(1.0));
    }

    #[test]
    fn a_refusal_says_what_to_put_between() {
        let why = PortType::Dataset.feeds(PortType::Samples).unwrap_err();
        assert_eq!(why.en, "a data set output does not fit a samples input: put a Split node between");
    }
}
