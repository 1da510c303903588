//! The JSON Schema of project files (draft 2020-12), made from the catalogue: for editors, and for checks that are not
//! ours.

use serde_json::{Map, Value as Json, json};
use weft_model::catalogue::KINDS;
use weft_model::graph::{MOST_DEPTH, MOST_VIA};
use weft_model::planning::{
    CHOOSABLE, LEAST_MEMORY_BYTES, MOST_ALTERNATIVES, MOST_PRIORITY, MOST_RETRIES, MOST_THREADS,
};
use weft_model::{Mode, NodeKind, ParamDecl, ParamKind};

use crate::{DEFAULT_SEED, FORMAT, FORMAT_VERSION};

const ID: &str = "^[0-9a-fA-F]{16}$";
const END: &str = "^[0-9a-fA-F]{16}\\..+$";

/// The schema. It allows what reading allows: unknown fields, and kinds that this version does not have.
pub fn schema() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Weft project",
        "description": "A workflow of Weft: nodes, wires and what belongs to them.",
        "type": "object",
        "required": ["format", "format_version", "id", "nodes", "wires"],
        "properties": {
            "format": {"const": FORMAT},
            "format_version": {"const": FORMAT_VERSION},
            "id": {"type": "string", "pattern": ID, "description": "Identifies the project, whatever its file is called."},
            "title": {"$ref": "#/$defs/text"},
            "description": {"$ref": "#/$defs/text"},
            "seed": {
                "type": "integer", "minimum": 0, "maximum": u64::MAX, "default": DEFAULT_SEED,
                "description": "Seed of the runs.",
            },
            "nodes": {"$ref": "#/$defs/nodes"},
            "wires": {"$ref": "#/$defs/wires"},
            "set_aside": {"type": "array", "description": "What an earlier state held and the workflow cannot hold: unused."},
        },
        "$defs": {
            "nodes": {
                "type": "object",
                "propertyNames": {"pattern": ID},
                "additionalProperties": {"$ref": "#/$defs/node"},
            },
            "wires": {
                "type": "object",
                "propertyNames": {"pattern": ID},
                "additionalProperties": {"$ref": "#/$defs/wire"},
            },
            "text": {
                "description": "A text, or the same in both languages.",
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "object",
                        "required": ["en", "zh"],
                        "properties": {"en": {"type": "string"}, "zh": {"type": "string"}},
                    },
                ],
            },
            "wire": {
                "type": "object",
                "required": ["from", "to"],
                "properties": {
                    "from": {"type": "string", "pattern": END, "description": "Node and output: IDENTIFIER.PORT."},
                    "to": {"type": "string", "pattern": END, "description": "Node and input: IDENTIFIER.PORT."},
                    "via": {
                        "type": "array", "items": {"$ref": "#/$defs/point"}, "maxItems": MOST_VIA,
                        "description": "Points that the wire is led through.",
                    },
                },
            },
            "point": {
                "type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2,
                "description": "A place on the canvas, in points at zoom 1.",
            },
            "layers": layers(),
            "node": {
                "type": "object",
                "required": ["kind", "name", "pos"],
                "properties": {
                    "kind": {"type": "string", "minLength": 1, "description": kinds_in_words()},
                    "name": {"type": "string", "minLength": 1, "description": "Unique, whatever the case of its letters."},
                    "params": {"type": "object", "description": "Parameters that differ from their defaults."},
                    "pos": {"$ref": "#/$defs/point", "description": "Upper left corner on the canvas."},
                    "mode": {
                        "enum": Mode::ALL.map(Mode::id), "default": Mode::Active.id(),
                        "description": "Whether the node runs, does not run, or passes its inputs on.",
                    },
                    "inner": {
                        "type": "object",
                        "properties": {"nodes": {"$ref": "#/$defs/nodes"}, "wires": {"$ref": "#/$defs/wires"}},
                        "description": format!("The graph within a subgraph, at most {MOST_DEPTH} deep."),
                    },
                    "planning": planning(),
                    "collapsed": {
                        "type": "boolean", "default": false,
                        "description": "Whether the node is drawn as its title alone.",
                    },
                },
                "allOf": KINDS.iter().map(kind).collect::<Vec<_>>(),
            },
        },
    })
}

fn planning() -> Json {
    json!({
        "type": "object",
        "description": "What the planner may decide about the node, and what its task may take.",
        "properties": {
            "priority": {
                "type": "number", "minimum": 0, "maximum": MOST_PRIORITY, "default": 0,
                "description": "Weight of its finish among plans of the same length.",
            },
            "retries": {
                "type": "integer", "minimum": 0, "maximum": MOST_RETRIES, "default": 0,
                "description": "How often its task is tried again after an error.",
            },
            "time_limit_s": {
                "type": "number", "exclusiveMinimum": 0, "description": "Its task is stopped after so many seconds.",
            },
            "memory_limit_bytes": {
                "type": "integer", "minimum": LEAST_MEMORY_BYTES,
                "description": "Its task is stopped when it takes more memory.",
            },
            "devices": {
                "type": "array", "items": {"type": "string"},
                "description": "Devices that it may be computed on; the run's where none is named.",
            },
            "threads": {
                "type": "integer", "minimum": 1, "maximum": MOST_THREADS,
                "description": "Threads that it gets on a processor.",
            },
            "alternatives": {
                "type": "object", "propertyNames": {"enum": CHOOSABLE},
                "additionalProperties": {"type": "array", "maxItems": MOST_ALTERNATIVES},
                "description": "Values that the planner may choose besides the node's own, by parameter.",
            },
        },
    })
}

fn kinds_in_words() -> String {
    let kinds: Vec<String> = KINDS.iter().filter(|k| !k.hidden).map(|k| format!("{} ({})", k.id, k.label.en)).collect();
    format!("Kind of node: {}; or one of another version.", kinds.join(", "))
}

fn kind(kind: &NodeKind) -> Json {
    let params: Map<String, Json> = kind.params.iter().map(|p| (p.id.to_owned(), param(p))).collect();
    json!({
        "if": {"properties": {"kind": {"const": kind.id}}, "required": ["kind"]},
        "then": {
            "title": kind.label.en,
            "description": kind.help.en,
            "properties": {"params": {"type": "object", "properties": params}},
        },
    })
}

fn param(decl: &ParamDecl) -> Json {
    let mut out = match decl.kind {
        ParamKind::Bool => json!({"type": "boolean"}),
        ParamKind::Int { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        ParamKind::Float { min, max, .. } => json!({"type": "number", "minimum": min, "maximum": max}),
        ParamKind::Choice { choices } => json!({"enum": choices.iter().map(|c| c.id).collect::<Vec<_>>()}),
        ParamKind::Text | ParamKind::Folder | ParamKind::Markdown => json!({"type": "string"}),
        ParamKind::Seed => json!({"type": "integer", "minimum": 0, "maximum": i64::MAX}),
        ParamKind::Layers => json!({"$ref": "#/$defs/layers"}),
    };
    if let Json::Object(out) = &mut out {
        out.insert("title".into(), decl.label.en.into());
        let unit = decl.unit.map(|u| format!(" Unit: {}.", u.en)).unwrap_or_default();
        out.insert("description".into(), format!("{}{unit}", decl.help.en).into());
        if let Some(default) = decl.default.value() {
            out.insert("default".into(), crate::format::value_to_json(&default));
        }
    }
    out
}

fn layers() -> Json {
    json!({
        "type": "object",
        "description": "A network: layers in an order in which each comes after its inputs.",
        "required": ["layers"],
        "properties": {
            "layers": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "inputs", "type"],
                    "properties": {
                        "name": {"type": "string", "description": "Unique within the network."},
                        "inputs": {
                            "type": "array", "items": {"type": "string"},
                            "description": "Names of the layers whose outputs come in, or 'input'.",
                        },
                        "type": {"type": "string", "description": "What the layer does; its settings stand beside it."},
                    },
                },
            },
        },
    })
}
