//! The declarations themselves.

mod timed;

use super::{Category, ChoiceDecl, Default, NodeKind, ParamDecl, ParamKind, Phase, Place, PortDecl, PortType, Preset};
use crate::layers::LayerGraph;
use crate::text::{Text, t};
use crate::value::Value;

const fn input(id: &'static str, label: Text, ty: PortType, phase: Phase) -> PortDecl {
    PortDecl { id, label, ty, required: true, many: false, phase }
}

const fn optional(id: &'static str, label: Text, ty: PortType, phase: Phase) -> PortDecl {
    PortDecl { id, label, ty, required: false, many: false, phase }
}

const fn output(id: &'static str, label: Text, ty: PortType, phase: Phase) -> PortDecl {
    PortDecl { id, label, ty, required: false, many: false, phase }
}

const TRAIN: Text = t("train", "训练");
const VALIDATION: Text = t("validation", "验证");
const TEST: Text = t("test", "测试");

const SEED: ParamDecl = ParamDecl {
    id: "seed",
    label: t("Seed", "随机种子"),
    help: t(
        "Start of this node's random numbers. Empty: derived from the run's seed and the node's name.",
        "本节点随机数的起点。留空则由运行的种子与节点名称导出。",
    ),
    kind: ParamKind::Seed,
    default: Default::None,
    unit: None,
    group: t("Repeatability", "可重复性"),
    alters_result: true,
    required: false,
};

const APPEARANCE: Text = t("Appearance", "外观");

const fn extent(id: &'static str, label: Text, help: Text, default: f64) -> ParamDecl {
    ParamDecl {
        id,
        label,
        help,
        kind: ParamKind::Float { min: 40.0, max: 1_000_000.0, logarithmic: false },
        default: Default::Float(default),
        unit: Some(t("points", "点")),
        group: APPEARANCE,
        alters_result: false,
        required: false,
    }
}

const fn width(default: f64) -> ParamDecl {
    extent("width", t("Width", "宽度"), t("How wide it is at zoom 1.", "缩放为 1 时的宽度。"), default)
}

const fn height(default: f64) -> ParamDecl {
    extent("height", t("Height", "高度"), t("How high it is at zoom 1.", "缩放为 1 时的高度。"), default)
}

const fn colour(id: &'static str, label: Text) -> ChoiceDecl {
    ChoiceDecl { id, label }
}

/// The colours of notes and frames: those of the theme's categories, under the categories' identifiers.
const COLOUR: ParamDecl = ParamDecl {
    id: "colour",
    label: t("Colour", "颜色"),
    help: t("One of the colours of the theme.", "主题中的一种颜色。"),
    kind: ParamKind::Choice {
        choices: &[
            colour("neutral", t("Neutral", "中性")),
            colour("data", t("Data", "数据")),
            colour("prepare", t("Prepare", "预处理")),
            colour("network", t("Network", "网络")),
            colour("train", t("Train", "训练")),
            colour("evaluate", t("Evaluate", "评估")),
            colour("compress", t("Compress", "压缩")),
            colour("deploy", t("Deploy", "部署")),
            colour("watch", t("Watch", "监控")),
            colour("flow", t("Flow", "流程")),
        ],
    },
    default: Default::Text("neutral"),
    unit: None,
    group: APPEARANCE,
    alters_result: false,
    required: false,
};

/// What flows through a boundary node.
const PORT_TYPE: ParamDecl = ParamDecl {
    id: "type",
    label: t("Type", "类型"),
    help: t("What flows through the port.", "流经该端口的内容。"),
    kind: ParamKind::Choice {
        choices: &[
            port_type(PortType::Dataset),
            port_type(PortType::Samples),
            port_type(PortType::Network),
            port_type(PortType::Model),
            port_type(PortType::Metrics),
            port_type(PortType::Signal),
        ],
    },
    default: Default::Text("samples"),
    unit: None,
    group: t("Port", "端口"),
    alters_result: false,
    required: false,
};

const fn port_type(ty: PortType) -> ChoiceDecl {
    ChoiceDecl { id: ty.id(), label: ty.label() }
}

/// Every kind of node of this version.
pub static KINDS: &[NodeKind] = &[
    NodeKind {
        id: "image_dataset",
        version: 1,
        category: Category::Data,
        label: t("Image data set", "图像数据集"),
        help: t(
            "Images and labels from a folder with IDX files, as MNIST and Fashion-MNIST are published. The published \
             test images stay apart as the test set.",
            "从含 IDX 文件的文件夹读取图像与标签，MNIST 与 Fashion-MNIST 即以此格式发布。发布的测试图像单独作为测试集。",
        ),
        keywords: &["mnist", "fashion", "idx", "images", "pictures"],
        inputs: &[],
        outputs: &[output("samples", t("samples", "样本"), PortType::Dataset, Phase::Run)],
        params: &[
            ParamDecl {
                id: "path",
                label: t("Folder", "文件夹"),
                help: t(
                    "Folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and the same two named t10k, gzipped \
                     or plain. Relative to the project's file.",
                    "含 train-images-idx3-ubyte、train-labels-idx1-ubyte 及对应两个 t10k 文件的文件夹，可为 gzip \
                     压缩。相对于项目文件。",
                ),
                kind: ParamKind::Folder,
                default: Default::None,
                unit: None,
                group: t("Source", "来源"),
                alters_result: true,
                required: true,
            },
            ParamDecl {
                id: "limit",
                label: t("Limit", "数量上限"),
                help: t(
                    "Use only the first so many training images, and at most as many test images. 0: all.",
                    "只使用前若干张训练图像，测试图像也至多这么多。0 表示全部。",
                ),
                kind: ParamKind::Int { min: 0, max: 1_000_000_000 },
                default: Default::Int(0),
                unit: Some(t("images", "张")),
                group: t("Source", "来源"),
                alters_result: true,
                required: false,
            },
        ],
        presets: &[],
        place: Place::CpuWorker,
        hidden: false,
    },
    NodeKind {
        id: "split",
        version: 1,
        category: Category::Prepare,
        label: t("Split", "划分"),
        help: t(
            "Parts the training samples into training and validation. The published test samples are passed on as they \
             are, so that nothing is ever chosen on them.",
            "把训练样本划分为训练与验证两部分。发布的测试样本原样传递，任何选择都不会用到它们。",
        ),
        keywords: &["validation", "hold out", "stratified", "train", "test"],
        inputs: &[input("samples", t("samples", "样本"), PortType::Dataset, Phase::Run)],
        outputs: &[
            output("train", TRAIN, PortType::Samples, Phase::Run),
            output("validation", VALIDATION, PortType::Samples, Phase::Run),
            output("test", TEST, PortType::Samples, Phase::Run),
        ],
        params: &[
            ParamDecl {
                id: "validation",
                label: t("Validation share", "验证集比例"),
                help: t(
                    "Share of the training samples that is kept apart to choose the epoch and the settings.",
                    "从训练样本中留出的比例，用于选择轮次与超参数。",
                ),
                kind: ParamKind::Float { min: 0.0, max: 0.9, logarithmic: false },
                default: Default::Float(0.1),
                unit: None,
                group: t("Parts", "划分"),
                alters_result: true,
                required: false,
            },
            ParamDecl {
                id: "stratified",
                label: t("Stratified", "分层"),
                help: t("Keep the share of every class the same in both parts.", "两部分中各类别的比例保持一致。"),
                kind: ParamKind::Bool,
                default: Default::Bool(true),
                unit: None,
                group: t("Parts", "划分"),
                alters_result: true,
                required: false,
            },
            SEED,
        ],
        presets: &[],
        place: Place::CpuWorker,
        hidden: false,
    },
    NodeKind {
        id: "normalise",
        version: 1,
        category: Category::Prepare,
        label: t("Normalise", "标准化"),
        help: t(
            "Brings the values into a range that networks learn well from. What it measures, it measures on the \
             training samples only; the model keeps it, so that whatever is shown to the model later is prepared alike.",
            "把数值变换到利于学习的范围。统计量只取自训练样本，并随模型保存，以后给模型的数据都做同样处理。",
        ),
        keywords: &["standardise", "mean", "scale", "normalize"],
        inputs: &[
            input("train", TRAIN, PortType::Samples, Phase::Train),
            optional("validation", VALIDATION, PortType::Samples, Phase::Run),
            optional("test", TEST, PortType::Samples, Phase::Run),
        ],
        outputs: &[
            output("train", TRAIN, PortType::Samples, Phase::Run),
            output("validation", VALIDATION, PortType::Samples, Phase::Run),
            output("test", TEST, PortType::Samples, Phase::Run),
        ],
        params: &[ParamDecl {
            id: "method",
            label: t("Method", "方法"),
            help: t(
                "Standardise: mean 0 and standard deviation 1 for each channel. Scale: 0 to 1.",
                "标准化：每个通道均值为 0、标准差为 1。缩放：0 到 1。",
            ),
            kind: ParamKind::Choice {
                choices: &[
                    ChoiceDecl { id: "standardise", label: t("Standardise", "标准化") },
                    ChoiceDecl { id: "scale", label: t("Scale to 0–1", "缩放到 0–1") },
                ],
            },
            default: Default::Text("standardise"),
            unit: None,
            group: t("Values", "数值"),
            alters_result: true,
            required: false,
        }],
        presets: &[],
        place: Place::CpuWorker,
        hidden: false,
    },
    NodeKind {
        id: "network",
        version: 1,
        category: Category::Network,
        label: t("Network", "网络"),
        help: t(
            "Layers, in the order in which samples pass through them. The last layer gives one value a class.",
            "样本依次通过的各层。最后一层为每个类别给出一个值。",
        ),
        keywords: &["layers", "architecture", "cnn", "convolution", "model"],
        inputs: &[],
        outputs: &[output("network", t("network", "网络"), PortType::Network, Phase::Run)],
        params: &[ParamDecl {
            id: "layers",
            label: t("Layers", "层"),
            help: t(
                "The layers with their settings. Each takes the output of the one named as its input.",
                "各层及其设置。每层以所指名的层的输出为输入。",
            ),
            kind: ParamKind::Layers,
            default: Default::LeNet5,
            unit: None,
            group: t("Layers", "层"),
            alters_result: true,
            required: false,
        }],
        presets: &[
            Preset {
                id: "lenet5",
                label: t("LeNet-5", "LeNet-5"),
                param: "layers",
                value: || Value::Layers(LayerGraph::lenet5()),
            },
            Preset {
                id: "mlp",
                label: t("Multilayer perceptron", "多层感知机"),
                param: "layers",
                value: || Value::Layers(LayerGraph::mlp()),
            },
        ],
        place: Place::Engine,
        hidden: false,
    },
    NodeKind {
        id: "train",
        version: 1,
        category: Category::Train,
        label: t("Train", "训练"),
        help: t(
            "Teaches the network to tell the classes apart (cross-entropy). Keeps the weights of the epoch that did best \
             on the validation samples.",
            "用交叉熵教网络区分各个类别，并保留在验证样本上表现最好的那一轮的权重。",
        ),
        keywords: &["fit", "learn", "optimiser", "adam", "sgd", "epochs"],
        inputs: &[
            input("train", TRAIN, PortType::Samples, Phase::Train),
            optional("validation", VALIDATION, PortType::Samples, Phase::Train),
            input("network", t("network", "网络"), PortType::Network, Phase::Train),
        ],
        outputs: &[
            output("model", t("model", "模型"), PortType::Model, Phase::Train),
            output("history", t("history", "过程"), PortType::Metrics, Phase::Train),
        ],
        params: &[
            ParamDecl {
                id: "optimiser",
                label: t("Method", "方法"),
                help: t(
                    "How the gradients change the weights. Adam (Kingma and Ba, 2015) needs little tuning; SGD with \
                     momentum often ends a little better.",
                    "梯度如何改变权重。Adam（Kingma 与 Ba，2015）几乎不需调参；带动量的 SGD 结果常略好。",
                ),
                kind: ParamKind::Choice {
                    choices: &[
                        ChoiceDecl { id: "adam", label: t("Adam", "Adam") },
                        ChoiceDecl { id: "adamw", label: t("AdamW", "AdamW") },
                        ChoiceDecl { id: "sgd", label: t("SGD with momentum", "带动量的 SGD") },
                    ],
                },
                default: Default::Text("adam"),
                unit: None,
                group: t("Optimiser", "优化器"),
                alters_result: true,
                required: false,
            },
            ParamDecl {
                id: "learning_rate",
                label: t("Learning rate", "学习率"),
                help: t(
                    "Size of a step. Too large: the loss jumps or becomes NaN. Too small: it hardly falls.",
                    "每步的大小。太大则损失跳动或变成 NaN，太小则几乎不下降。",
                ),
                kind: ParamKind::Float { min: 1e-8, max: 1e6, logarithmic: true },
                default: Default::Float(1e-3),
                unit: None,
                group: t("Optimiser", "优化器"),
                alters_result: true,
                required: false,
            },
            ParamDecl {
                id: "schedule",
                label: t("Schedule", "调度"),
                help: t(
                    "How the learning rate changes. Cosine: falls smoothly to nearly zero over all epochs (Loshchilov and Hutter, 2017).",
                    "学习率如何变化。余弦：在全部轮次内平滑降到接近零（Loshchilov 与 Hutter，2017）。",
                ),
                kind: ParamKind::Choice {
                    choices: &[
                        ChoiceDecl { id: "constant", label: t("Constant", "恒定") },
                        ChoiceDecl { id: "cosine", label: t("Cosine", "余弦") },
                    ],
                },
                default: Default::Text("cosine"),
                unit: None,
                group: t("Optimiser", "优化器"),
                alters_result: true,
                required: false,
            },
            ParamDecl {
                id: "weight_decay",
                label: t("Weight decay", "权重衰减"),
                help: t(
                    "Pulls the weights towards zero, which guards against overfitting. 0: not at all.",
                    "把权重拉向零以防过拟合。0 表示不用。",
                ),
                kind: ParamKind::Float { min: 0.0, max: 1.0, logarithmic: false },
                default: Default::Float(0.0),
                unit: None,
                group: t("Optimiser", "优化器"),
                alters_result: true,
                required: false,
            },
            ParamDecl {
                id: "batch_size",
                label: t("Batch size", "批大小"),
                help: t(
                    "Samples in a step. Larger is faster for each sample and takes more memory.",
                    "每步的样本数。越大单个样本越快，占用内存越多。",
                ),
                kind: ParamKind::Int { min: 1, max: 65_536 },
                default: Default::Int(64),
                unit: Some(t("samples", "样本")),
                group: t("Batches", "批次"),
                alters_result: true,
                required: false,
            },
            ParamDecl {
                id: "epochs",
                label: t("Epochs", "轮数"),
                help: t("How often every training sample is seen.", "每个训练样本被学习的次数。"),
                kind: ParamKind::Int { min: 1, max: 100_000 },
                default: Default::Int(10),
                unit: None,
                group: t("Batches", "批次"),
                alters_result: true,
                required: false,
            },
            ParamDecl {
                id: "patience",
                label: t("Patience", "耐心"),
                help: t(
                    "Ends early when the validation accuracy has not improved for so many epochs. 0: never.",
                    "若验证准确率连续这么多轮没有提高则提前结束。0 表示从不。",
                ),
                kind: ParamKind::Int { min: 0, max: 100_000 },
                default: Default::Int(0),
                unit: Some(t("epochs", "轮")),
                group: t("Stop early", "提前停止"),
                alters_result: true,
                required: false,
            },
            SEED,
        ],
        presets: &[],
        place: Place::DeviceWorker,
        hidden: false,
    },
    NodeKind {
        id: "evaluate",
        version: 1,
        category: Category::Evaluate,
        label: t("Evaluate", "评估"),
        help: t(
            "Judges a model on samples that it has not learnt from: accuracy, precision, recall and F1 for each class, \
             and the confusion matrix.",
            "在模型未学过的样本上评判：准确率，各类别的精确率、召回率与 F1，以及混淆矩阵。",
        ),
        keywords: &["accuracy", "test", "confusion", "metrics", "f1"],
        inputs: &[
            input("model", t("model", "模型"), PortType::Model, Phase::Deploy),
            input("test", TEST, PortType::Samples, Phase::Run),
        ],
        outputs: &[output("metrics", t("metrics", "指标"), PortType::Metrics, Phase::Run)],
        params: &[ParamDecl {
            id: "batch_size",
            label: t("Batch size", "批大小"),
            help: t(
                "Samples that are computed at once. Alters the result by no more than rounding.",
                "一次计算的样本数，对结果的影响不超过舍入误差。",
            ),
            kind: ParamKind::Int { min: 1, max: 65_536 },
            default: Default::Int(256),
            unit: Some(t("samples", "样本")),
            group: t("Batches", "批次"),
            alters_result: true,
            required: false,
        }],
        presets: &[],
        place: Place::DeviceWorker,
        hidden: false,
    },
    NodeKind {
        id: "empty",
        version: 1,
        category: Category::Flow,
        label: t("Empty task", "空任务"),
        help: t(
            "Does nothing and passes nothing on: for measuring what a task costs the engine.",
            "什么都不做：用于测量引擎每个任务的开销。",
        ),
        keywords: &[],
        inputs: &[optional("after", t("after", "之后"), PortType::Metrics, Phase::Run)],
        outputs: &[output("done", t("done", "完成"), PortType::Metrics, Phase::Run)],
        params: &[],
        presets: &[],
        place: Place::Engine,
        hidden: true,
    },
    timed::TIMED_TASK,
    NodeKind {
        id: "note",
        version: 1,
        category: Category::Flow,
        label: t("Note", "便签"),
        help: t(
            "A text on the canvas, in Markdown. Takes no part in a run.",
            "画布上的一段文字，使用 Markdown 格式。不参与运行。",
        ),
        keywords: &["text", "comment", "remark", "markdown", "annotation"],
        inputs: &[],
        outputs: &[],
        params: &[
            ParamDecl {
                id: "text",
                label: t("Text", "文本"),
                help: t("What the note says, in Markdown.", "便签的内容，使用 Markdown 格式。"),
                kind: ParamKind::Markdown,
                default: Default::Text(""),
                unit: None,
                group: t("Content", "内容"),
                alters_result: false,
                required: false,
            },
            width(240.0),
            height(160.0),
            COLOUR,
        ],
        presets: &[],
        place: Place::Annotation,
        hidden: false,
    },
    NodeKind {
        id: "frame",
        version: 1,
        category: Category::Flow,
        label: t("Frame", "框"),
        help: t(
            "A titled rectangle behind nodes: whatever lies wholly inside belongs to it and moves with it. Takes no \
             part in a run.",
            "节点后面带标题的矩形：完全位于其中的节点归它所有，并随它移动。不参与运行。",
        ),
        keywords: &["group", "box", "title", "annotation"],
        inputs: &[],
        outputs: &[],
        params: &[
            ParamDecl {
                id: "title",
                label: t("Title", "标题"),
                help: t("What stands at the top of the frame.", "显示在框顶部的文字。"),
                kind: ParamKind::Text,
                default: Default::Text(""),
                unit: None,
                group: t("Content", "内容"),
                alters_result: false,
                required: false,
            },
            width(480.0),
            height(320.0),
            COLOUR,
        ],
        presets: &[],
        place: Place::Annotation,
        hidden: false,
    },
    NodeKind {
        id: "subgraph",
        version: 1,
        category: Category::Flow,
        label: t("Subgraph", "子图"),
        help: t(
            "A graph within a node: enter it by a double click. What its input and output nodes stand for are its ports.",
            "节点中的图：双击进入。其中的输入与输出节点即为它的端口。",
        ),
        keywords: &["group", "block", "nested", "function", "macro"],
        inputs: &[],
        outputs: &[],
        params: &[],
        presets: &[],
        place: Place::Structure,
        hidden: false,
    },
    NodeKind {
        id: "graph_input",
        version: 1,
        category: Category::Flow,
        label: t("Subgraph input", "子图输入"),
        help: t(
            "Stands within a subgraph for one of its inputs, of the same name.",
            "在子图内部代表一个同名的输入端口。",
        ),
        keywords: &["boundary", "port", "argument"],
        inputs: &[],
        outputs: &[],
        params: &[PORT_TYPE],
        presets: &[],
        place: Place::Structure,
        hidden: false,
    },
    NodeKind {
        id: "graph_output",
        version: 1,
        category: Category::Flow,
        label: t("Subgraph output", "子图输出"),
        help: t(
            "Stands within a subgraph for one of its outputs, of the same name.",
            "在子图内部代表一个同名的输出端口。",
        ),
        keywords: &["boundary", "port", "result"],
        inputs: &[],
        outputs: &[],
        params: &[PORT_TYPE],
        presets: &[],
        place: Place::Structure,
        hidden: false,
    },
];
