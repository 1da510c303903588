//! Why there is no plan, in words for a person in both languages.

use weft_model::Localised;
use weft_protocol::event::Fault;
use weft_schedule::{ProblemError, ScheduleError};

use super::l;

fn bytes(bytes: f64) -> String {
    if bytes >= 1e9 { format!("{:.2} GB", bytes / 1e9) } else { format!("{:.1} MB", bytes / 1e6) }
}

/// A problem that no plan could solve, with the constraint that it breaks.
pub(crate) fn of_problem(error: &ProblemError) -> Fault {
    let remedy = |en: &str, zh: &str| l(en, zh);
    let (code, message, remedy) = match error {
        ProblemError::FitsNoDevice { task, device, what, needed, available } if what.contains("memory") => {
            let (needed, available) = (bytes(*needed), bytes(*available));
            (
                "does_not_fit",
                l(
                    format!(
                        "'{task}' fits no device, even an empty one: on '{device}' it needs {needed} of memory and there \
                         is {available}"
                    ),
                    format!("“{task}”在任何空闲设备上都放不下：在“{device}”上需要 {needed} 内存，而只有 {available}"),
                ),
                remedy(
                    "choose a smaller batch, another device or a higher memory limit",
                    "请减小批大小、另选设备或提高内存上限",
                ),
            )
        }
        ProblemError::FitsNoDevice { task, device, needed, available, .. } => (
            "does_not_fit",
            l(
                format!("'{task}' needs {needed} of the compute of '{device}', and there is {available}"),
                format!("“{task}”需要“{device}”的计算能力 {needed}，而只有 {available}"),
            ),
            remedy("allow it another device or fewer threads", "请允许它使用其他设备或更少的线程"),
        ),
        ProblemError::RunApartFromWeights { deploy, run } => (
            "does_not_fit",
            l(
                format!("no device can hold the weights of '{deploy}' and compute '{run}' beside them"),
                format!("没有设备既能容纳“{deploy}”的权重又能同时计算“{run}”"),
            ),
            remedy("allow both one device with enough memory", "请让两者都可使用一台内存足够的设备"),
        ),
        ProblemError::ResourceTooSmall { task, needed, available, .. } => (
            "does_not_fit",
            l(
                format!("'{task}' needs {needed} branches at once and {available} are allowed"),
                format!("“{task}”需要 {needed} 个并行分支，而只允许 {available} 个"),
            ),
            remedy("allow more branches at once", "请允许更多并行分支"),
        ),
        ProblemError::Cycle { tasks } => (
            "no_plan",
            l(
                format!("the tasks wait for one another in a circle: {}", tasks.join(" → ")),
                format!("任务互相等待：{}", tasks.join(" → ")),
            ),
            remedy("remove one of these wires", "请删除其中一条连线"),
        ),
        other => (
            "no_plan",
            l(format!("the run cannot be planned: {other}"), format!("无法为运行制定计划：{other}")),
            remedy("choose another device, or change the node", "请另选设备，或更改该节点"),
        ),
    };
    Fault::new(code, message, remedy)
}

/// A search that gave no plan.
pub(crate) fn of_search(error: &ScheduleError) -> Fault {
    match error {
        ScheduleError::Cancelled => Fault::new(
            "stopped",
            l("planning was stopped before there was a plan", "在得到计划之前规划被停止"),
            Localised::default(),
        ),
        ScheduleError::WeightsDoNotFitTogether { tasks, devices } => Fault::new(
            "does_not_fit",
            l(
                format!(
                    "the weights that have to be in memory together leave none for {} on {}",
                    tasks.join(", "),
                    devices.join(", ")
                ),
                format!("须同时驻留的权重使 {} 上没有内存留给 {}", devices.join("、"), tasks.join("、")),
            ),
            l(
                "allow another device, give more memory or run fewer branches at once",
                "请允许其他设备、提供更多内存或减少并行分支",
            ),
        ),
        ScheduleError::NotReplannable { why } => of_problem(why),
        ScheduleError::NoSuchAlgorithm { name, known } => Fault::new(
            "unknown_scheduler",
            l(format!("there is no scheduling rule '{name}'"), format!("没有调度规则“{name}”")),
            l(format!("choose one of: {}", known.join(", ")), format!("请选择：{}", known.join("、"))),
        ),
        ScheduleError::Parameter { algorithm, name, value, expected } => Fault::new(
            "bad_scheduler_parameter",
            l(
                format!("'{algorithm}' takes no parameter '{name}' of {value}: {expected}"),
                format!("“{algorithm}”不接受参数“{name}”的值 {value}：{expected}"),
            ),
            l("leave it out, or choose a value in its range", "请去掉该参数，或选择范围内的值"),
        ),
        other => Fault::new(
            "no_plan",
            l(format!("the run cannot be planned: {other}"), format!("无法为运行制定计划：{other}")),
            l("choose another scheduling rule or device", "请另选调度规则或设备"),
        ),
    }
}
