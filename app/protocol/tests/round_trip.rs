//! Every message comes out of the stream as it went in, and a broken stream is an error, never a panic or a wait.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::io::Cursor;

use proptest::prelude::*;
use weft_model::{LayerGraph, Localised, NodeId, Value};
use weft_protocol::event::{Event, Fault, LogLevel, Numbered};
use weft_protocol::frame::{self, FrameError};
use weft_protocol::preview::{Fact, FactValue, PartSummary, Preview, PreviewBody, Stage, Strip, Thumbnail};
use weft_protocol::run::{MetricPoint, MetricValue, Part};
use weft_protocol::worker::{FromWorker, Job, ToWorker};

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let mut bytes = Vec::new();
    frame::write(&mut bytes, value).unwrap();
    assert_eq!(&frame::read::<T>(&mut Cursor::new(&bytes)).unwrap(), value);
    for cut in [0, 1, 3, bytes.len() / 2, bytes.len() - 1] {
        assert!(frame::read::<T>(&mut Cursor::new(&bytes[..cut])).is_err());
    }
    // And as JSON, which stores and the command line use.
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
}

#[test]
fn messages_come_out_as_they_went_in() {
    let params = BTreeMap::from([
        ("layers".to_owned(), Value::Layers(LayerGraph::lenet5())),
        ("rate".to_owned(), Value::Float(1.0)),
        ("epochs".to_owned(), Value::Int(1)),
        ("path".to_owned(), Value::from("数据")),
        ("on".to_owned(), Value::Bool(true)),
    ]);
    round_trip(&ToWorker::Run(Job {
        task: 7,
        node: "train".into(),
        kind: "train".into(),
        params,
        seed: u64::MAX,
        inputs: BTreeMap::from([("train".to_owned(), "a/b.json".into())]),
        out_dir: "out".into(),
        checkpoint_dir: "check".into(),
        base_dir: ".".into(),
    }));
    let fault = Fault::new("code", Localised::new("what", "什么"), Localised::default());
    round_trip(&FromWorker::Failed { task: 1, fault: fault.clone(), outputs: vec![] });
    let thumbnail = Thumbnail { width: 2, height: 1, channels: 1, pixels: vec![0, 255], label: "7".into() };
    let strip = Strip {
        part: Part::Train,
        stage: Some(Stage::After),
        shown_range: Some([-0.42, 2.8]),
        thumbnails: vec![thumbnail],
    };
    let fact = |id: &str, value| Fact { id: id.into(), label: Localised::new(id, "事实"), value, unit: None };
    let preview = Preview {
        schema: weft_model::shape::SampleSchema { shape: vec![1, 28, 28], classes: 2 },
        classes: vec!["0".into(), "1".into()],
        parts: vec![PartSummary { part: Part::Validation, count: 3, class_counts: vec![1, 2] }],
        facts: vec![
            fact("mean", FactValue::Numbers(vec![0.1307])),
            fact("range", FactValue::Range { least: -0.5, most: 2.0 }),
            fact("count", FactValue::Count(u64::MAX)),
            fact("text", FactValue::Text(Localised::new("a", "b"))),
        ],
        body: PreviewBody::Images { strips: vec![strip] },
    };
    round_trip(&FromWorker::Previewed { request: 1, result: Ok(preview) });
    round_trip(&FromWorker::Previewed { request: 1, result: Err(fault) });
    round_trip(&FromWorker::Done {
        task: 1,
        outputs: vec![],
        metrics: BTreeMap::from([
            ("accuracy".to_owned(), MetricValue::Number(1.0)),
            ("confusion_matrix".to_owned(), MetricValue::Matrix(vec![vec![1, 0], vec![0, 1]])),
            ("classes".to_owned(), MetricValue::Labels(vec!["a".into()])),
        ]),
        summary: None,
        stopped: true,
    });
    round_trip(&Numbered {
        seq: 1,
        event: Event::Log {
            level: LogLevel::Warn,
            node: Some(NodeId(3).to_string()),
            message: "message".into(),
            at: "2026-01-01T00:00:00Z".into(),
        },
    });
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _result: Result<FromWorker, FrameError> = frame::read(&mut Cursor::new(bytes));
    }

    #[test]
    fn numbers_keep_every_bit(value in any::<f64>().prop_filter("finite", |v| v.is_finite()), step in any::<u64>()) {
        round_trip(&FromWorker::Metrics { task: 1, points: vec![MetricPoint {
            name: "loss".into(), part: Part::Train, epoch: 1, step, per_epoch: false, value,
        }] });
    }
}

#[test]
fn a_stream_that_is_out_of_step_is_noticed() {
    let bytes = u32::MAX.to_le_bytes();
    assert!(matches!(frame::read::<ToWorker>(&mut Cursor::new(bytes)), Err(FrameError::TooLong(_))));
    assert!(matches!(frame::read::<ToWorker>(&mut Cursor::new([])), Err(FrameError::Closed)));
}
