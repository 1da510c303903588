//! What the window shows of data before a run.

use weft_model::shape::SampleSchema;
use weft_protocol::preview::{PartSummary, Preview, PreviewBody, Strip, Thumbnail};
use weft_protocol::run::Part;

/// What is seen of ten balanced classes.
pub(super) fn seen(parts: &[(Part, u64)], thumbnails: Vec<Thumbnail>) -> Preview {
    let summary =
        |(part, count): &(Part, u64)| PartSummary { part: *part, count: *count, class_counts: vec![count / 10; 10] };
    Preview {
        schema: SampleSchema { shape: vec![1, 28, 28], classes: 10 },
        classes: (0..10).map(|n| n.to_string()).collect(),
        parts: parts.iter().map(summary).collect(),
        facts: Vec::new(),
        body: PreviewBody::Images {
            strips: vec![Strip { part: Part::Train, stage: None, shown_range: None, thumbnails }],
        },
    }
}
