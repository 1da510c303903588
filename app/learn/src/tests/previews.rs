//! Previews against runs: the same numbers, the same samples.

use weft_protocol::preview::{ChainInput, FactValue, LookNode, Preview, Stage, Thumbnail};

use super::*;
use crate::preview::Looker;

/// Data, split, normalise as a chain; `upto` nodes of it.
fn chain(upto: usize, share: f64, method: &str) -> Vec<LookNode> {
    let feed = |port: &str, from: usize| ChainInput {
        port: port.into(),
        from,
        output: if from == 0 { "samples".into() } else { port.into() },
    };
    let node = |kind: &str, params: &[(&str, Value)], inputs: Vec<ChainInput>| LookNode {
        kind: kind.into(),
        params: params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        seed: 42,
        inputs,
    };
    let mut all = vec![
        node("image_dataset", &[("path", "data".into()), ("limit", Value::Int(0))], vec![]),
        node("split", &[("validation", share.into()), ("stratified", true.into())], vec![feed("samples", 0)]),
        node("normalise", &[("method", method.into())], ["train", "validation", "test"].map(|p| feed(p, 1)).into()),
    ];
    all.truncate(upto);
    all
}

fn look(bench: &Bench, chain: &[LookNode]) -> Result<Preview, weft_protocol::event::Fault> {
    Looker::default().look(chain, bench.folder.path(), &|| false)
}

fn labels(strip: &[Thumbnail]) -> Vec<&str> {
    strip.iter().map(|t| t.label.as_str()).collect()
}

#[test]
fn a_data_set_shows_every_class_and_counts_both_parts() {
    let bench = Bench::new(40, 8);
    let seen = look(&bench, &chain(1, 0.1, "scale")).unwrap();
    assert_eq!((seen.schema.shape.clone(), seen.schema.classes), (vec![1, SIDE, SIDE], 4));
    assert_eq!(seen.classes, ["0", "1", "2", "3"]);
    let parts: Vec<_> = seen.parts.iter().map(|p| (p.part, p.count, p.class_counts.clone())).collect();
    assert_eq!(parts, [(Part::Train, 40, vec![10; 4]), (Part::Test, 8, vec![2; 4])]);
    let strips = seen.strips();
    assert_eq!(strips.iter().map(|s| (s.part, s.stage)).collect::<Vec<_>>(), [(Part::Train, None), (Part::Test, None)]);
    assert_eq!(labels(&strips[0].thumbnails)[..5], ["0", "1", "2", "3", "0"]);
    assert!(strips[0].thumbnails.iter().all(|t| t.pixels.len() == SIDE * SIDE && t.channels == 1));
    assert_eq!(seen.facts[0].value, FactValue::Numbers(vec![1.0]));
}

#[test]
fn a_split_and_a_preparation_show_what_a_run_gives() {
    let mut bench = Bench::new(60, 12);
    let data = bench.job("image_dataset", &[("path", "data".into()), ("limit", Value::Int(0))], &[]);
    bench.run(&data, Box::new(|_, _| {})).unwrap();
    let params = [("validation", Value::Float(0.2)), ("stratified", true.into())];
    let split = bench.job("split", &params, &[("samples", "image_dataset", "samples")]);
    bench.run(&split, Box::new(|_, _| {})).unwrap();
    let ports = ["train", "validation", "test"].map(|port| (port, "split", port));
    let normalise = bench.job("normalise", &[("method", "standardise".into())], &ports);
    let ran = bench.run(&normalise, Box::new(|_, _| {})).unwrap();
    let output = |bench: &Bench, node: &str, port: &str| -> Samples {
        let path = &bench.outputs[&(node.to_owned(), port.to_owned())];
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    };

    let seen = look(&bench, &chain(2, 0.2, "standardise")).unwrap();
    for (part, strip) in seen.parts.iter().zip(seen.strips()) {
        let port = format!("{:?}", part.part).to_lowercase();
        let set = bench.loader.open(&output(&bench, "split", &port)).unwrap();
        assert_eq!((part.count, &part.class_counts), (set.len() as u64, &set.class_counts()));
        // The very samples of the run's part, and no others.
        let stored: Vec<&[u8]> = (0..set.len() as u32).map(|row| set.pixels(row).unwrap()).collect();
        assert_eq!(strip.part, part.part);
        assert!(strip.thumbnails.iter().all(|t| stored.contains(&t.pixels.as_slice())), "{port}");
    }

    let seen = look(&bench, &chain(3, 0.2, "standardise")).unwrap();
    let fact = |id: &str| seen.facts.iter().find(|f| f.id == id).unwrap().value.clone();
    for (id, metric) in [("mean", "mean/0"), ("std", "std/0")] {
        assert_eq!(fact(id), FactValue::Numbers(vec![ran.metrics[metric].number().unwrap()]));
    }
    assert_eq!(fact("fitted_on"), FactValue::Count(48));
    let prepared = bench.loader.open(&output(&bench, "normalise", "train")).unwrap();
    let (mut values, mut classes) = (Vec::new(), Vec::new());
    let all: Vec<u32> = (0..prepared.len() as u32).collect();
    prepared.batch(&all, &mut values, &mut classes).unwrap();
    let FactValue::Range { least, most } = fact("range_after") else { panic!("no range") };
    assert_eq!(least, f64::from(values.iter().copied().fold(f32::INFINITY, f32::min)));
    assert_eq!(most, f64::from(values.iter().copied().fold(f32::NEG_INFINITY, f32::max)));
    let [before, after] = seen.strips() else { panic!("before and after") };
    assert_eq!((before.stage, after.stage), (Some(Stage::Before), Some(Stage::After)));
    assert_eq!(after.shown_range, Some([least, most]));
    assert_eq!(labels(&before.thumbnails), labels(&after.thumbnails));
    // Each picture after is a sample that training is given, on the scale that is said.
    for picture in &after.thumbnails {
        let shown = |v: &f32| ((f64::from(*v) - least) / (most - least) * 255.0).round() as i32;
        assert!(
            values.chunks_exact(SIDE * SIDE).any(|sample| {
                sample.iter().zip(&picture.pixels).all(|(v, p)| (shown(v) - i32::from(*p)).abs() <= 1)
            })
        );
    }
}

#[test]
fn what_cannot_be_shown_is_said_and_a_look_that_is_given_up_ends() {
    let bench = Bench::new(40, 8);
    let mut broken = chain(2, 0.1, "scale");
    broken[0].params.insert("path".into(), "nowhere".into());
    assert_eq!(look(&bench, &broken).unwrap_err().code, "missing_data");
    broken[1].inputs[0].from = 7;
    broken[0].params.insert("path".into(), "data".into());
    assert_eq!(look(&bench, &broken).unwrap_err().code, "missing_input");
    let wrong = chain(3, 0.1, "guess");
    assert_eq!(look(&bench, &wrong).unwrap_err().code, "bad_parameter");
    let mut unseen = chain(1, 0.1, "scale");
    unseen[0].kind = "train".into();
    assert_eq!(look(&bench, &unseen).unwrap_err().code, "no_preview");
    assert_eq!(look(&bench, &[]).unwrap_err().code, "no_preview");
    let asked = std::cell::Cell::new(0);
    let cancelled = || asked.replace(asked.get() + 1) == 1;
    let given_up = Looker::default().look(&chain(3, 0.1, "scale"), bench.folder.path(), &cancelled);
    assert_eq!(given_up.unwrap_err().code, "cancelled");
    // No validation samples is no fault: there is nothing to show of them.
    let seen = look(&bench, &chain(2, 0.0, "scale")).unwrap();
    assert_eq!((seen.count(Part::Train), seen.count(Part::Validation)), (40, 0));
    assert_eq!(seen.strips().len(), 2);
}
