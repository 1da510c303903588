//! The declaration of the timed task. What its texts mean is read by [`crate::timed`].

use super::{Category, Default, NodeKind, ParamDecl, ParamKind, Phase, Place, PortDecl, PortType, SEED, output};
use crate::text::{Text, t};
use crate::timed;

const DURATIONS: Text = t("Durations", "时长");
const RESOURCES: Text = t("Resources", "资源");
const SENT: Text = t("Data sent", "发送的数据");

const fn waits(id: &'static str, label: Text, phase: Phase) -> PortDecl {
    PortDecl { id, label, ty: PortType::Signal, required: false, many: true, phase }
}

const fn duration(id: &'static str, label: Text, help: Text, default_s: f64) -> ParamDecl {
    ParamDecl {
        id,
        label,
        help,
        kind: ParamKind::Float { min: 0.0, max: timed::MOST_S, logarithmic: false },
        default: Default::Float(default_s),
        unit: Some(t("s", "秒")),
        group: DURATIONS,
        alters_result: true,
        required: false,
    }
}

const fn megabytes(id: &'static str, label: Text, help: Text, group: Text) -> ParamDecl {
    ParamDecl {
        id,
        label,
        help,
        kind: ParamKind::Float { min: 0.0, max: timed::MOST_MB, logarithmic: false },
        default: Default::Float(0.0),
        unit: Some(t("MB", "MB")),
        group,
        alters_result: false,
        required: false,
    }
}

const fn share(id: &'static str, label: Text, help: Text, default: f64, group: Text, alters_result: bool) -> ParamDecl {
    ParamDecl {
        id,
        label,
        help,
        kind: ParamKind::Float { min: 0.0, max: 1.0, logarithmic: false },
        default: Default::Float(default),
        unit: None,
        group,
        alters_result,
        required: false,
    }
}

const fn text(id: &'static str, label: Text, help: Text, group: Text) -> ParamDecl {
    ParamDecl {
        id,
        label,
        help,
        kind: ParamKind::Text,
        default: Default::Text(""),
        unit: None,
        group,
        alters_result: false,
        required: false,
    }
}

/// A task that takes a stated time and computes nothing.
pub(super) const TIMED_TASK: NodeKind = NodeKind {
    id: timed::TIMED_TASK,
    version: 1,
    category: Category::Flow,
    label: t("Timed task", "定时任务"),
    help: t(
        "Takes the stated time and computes nothing: for drawing any planning problem, for planning it and for seeing \
         it run. Each input holds back its own phase and what follows it, and takes any number of wires.",
        "占用所写的时间，不做任何计算：用于画出任意调度问题、为其制定计划并观察执行。每个输入只推迟对应的阶段及其后的阶段，并可接入任意多条连线。",
    ),
    keywords: &["duration", "schedule", "planning", "workflow", "wait", "delay", "simulate", "job"],
    inputs: &[
        waits("train", t("train", "训练"), Phase::Train),
        waits("deploy", t("deploy", "部署"), Phase::Deploy),
        waits("run", t("run", "运行"), Phase::Run),
    ],
    outputs: &[output("done", t("done", "完成"), PortType::Signal, Phase::Run)],
    params: &[
        duration(
            "train_s",
            t("Train", "训练"),
            t("How long it trains. 0: it has no such phase.", "训练时长。0 表示没有该阶段。"),
            0.0,
        ),
        duration(
            "deploy_s",
            t("Deploy", "部署"),
            t(
                "How long it takes to make ready, after training. 0: it has no such phase.",
                "训练之后的准备时长。0 表示没有该阶段。",
            ),
            0.0,
        ),
        duration(
            "run_s",
            t("Run", "运行"),
            t("How long it runs, once deployed. 0: it has no such phase.", "部署之后的运行时长。0 表示没有该阶段。"),
            1.0,
        ),
        share(
            "spread",
            t("Spread", "波动"),
            t(
                "By what share of the stated time it may really take more or less; drawn from the seed. 0: exactly as \
                 stated.",
                "实际时长可能偏离所写时长的比例，由种子抽取。0 表示完全一致。",
            ),
            0.0,
            DURATIONS,
            true,
        ),
        megabytes(
            "memory_mb",
            t("Memory", "内存"),
            t(
                "Most memory that each phase takes while it goes on (1 MB is a million bytes). It is planned with, and not \
                 really taken.",
                "每个阶段进行时占用的最大内存（1 MB 为一百万字节）。只用于计划，并不真正占用。",
            ),
            RESOURCES,
        ),
        megabytes(
            "weights_mb",
            t("Weights", "权重"),
            t(
                "Memory that stays taken from the beginning of its deployment to the end of its run.",
                "从部署开始到运行结束一直占用的内存。",
            ),
            RESOURCES,
        ),
        share(
            "share",
            t("Share of a device", "占用设备的比例"),
            t(
                "How much of what a device can do at a time it takes: two tasks of 0.5 go on side by side, and any \
                 number of 0.",
                "占用设备计算能力的比例：两个 0.5 的任务可以并行，0 则数量不限。",
            ),
            1.0,
            RESOURCES,
            false,
        ),
        text(
            "speeds",
            t("Speeds", "速度"),
            t(
                "How many times faster than stated it is on some devices, by name and parted by semicolons: 'gpu = 4; cpu = \
                 0.5'. On all others it takes as long as stated.",
                "在某些设备上比所写时长快几倍，按名称书写并用分号分隔：“gpu = 4; cpu = 0.5”。其余设备按所写时长。",
            ),
            RESOURCES,
        ),
        megabytes(
            "output_mb",
            t("Data sent", "发送的数据"),
            t(
                "What it sends to each node that it feeds, where they are on different devices.",
                "当接收节点在其他设备上时，向每个接收节点发送的数据量。",
            ),
            SENT,
        ),
        text(
            "sends",
            t("Exceptions", "例外"),
            t(
                "Nodes to which it sends another amount [MB], parted by semicolons: 'first = 20; second = 0.5'.",
                "发送量不同的接收节点及其数据量 [MB]，用分号分隔：“first = 20; second = 0.5”。",
            ),
            SENT,
        ),
        ParamDecl {
            id: "failures",
            label: t("Fails at first", "起初失败"),
            help: t(
                "How often it fails, each time at the end of its time, before it succeeds: to see what becomes of a plan. \
                 Retries are allowed under 'Planning'.",
                "成功之前失败的次数，每次都在时间结束时失败：用于观察计划如何应对。重试次数在“规划”中设置。",
            ),
            kind: ParamKind::Int { min: 0, max: timed::MOST_TIMES },
            default: Default::Int(0),
            unit: Some(t("times", "次")),
            group: t("Failures", "失败"),
            alters_result: true,
            required: false,
        },
        SEED,
    ],
    presets: &[],
    place: Place::Clock,
    hidden: false,
};
