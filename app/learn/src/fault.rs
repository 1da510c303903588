//! Faults in both languages: what the person at the screen reads when a node cannot compute.

use std::path::Path;

use weft_data::DataError;
use weft_data::metrics::MetricError;
use weft_model::Localised;
use weft_protocol::event::Fault;

use crate::network::NetworkError;

/// A fault from the wordings of its message and its remedy, English first.
pub(crate) fn fault(code: &str, message: (String, String), remedy: (&str, &str)) -> Fault {
    Fault::new(code, Localised::new(message.0, message.1), Localised::new(remedy.0, remedy.1))
}

/// A fault from an error of the data crate. What is not there is `missing_data`, what is wrong with it `bad_data`, a
/// parameter that makes no sense `bad_parameter`.
pub(crate) fn from_data(error: &DataError) -> Fault {
    let code = match error {
        DataError::FolderNotFound { .. } | DataError::NotAFolder { .. } | DataError::FileNotFound { .. } => {
            "missing_data"
        }
        DataError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => "missing_data",
        DataError::Parameter { .. } => "bad_parameter",
        _ => "bad_data",
    };
    fault(code, (error.to_string(), in_chinese(error)), remedy(error))
}

fn in_chinese(error: &DataError) -> String {
    let name = |path: &Path| path.display().to_string();
    match error {
        DataError::FolderNotFound { folder } => format!("找不到数据文件夹 {}", name(folder)),
        DataError::NotAFolder { path } => format!("{} 是文件而不是文件夹", name(path)),
        DataError::FileNotFound { folder, looked_for, .. } => {
            format!("文件夹 {} 中缺少数据文件，查找过：{}", name(folder), looked_for.join("、"))
        }
        DataError::Read { path, source } => format!("无法读取 {}：{source}", name(path)),
        DataError::NotGzip { path, found } => format!("{} 不是 gzip 文件：开头为 {found}，应为 1f 8b", name(path)),
        DataError::DamagedGzip { path, byte, cause } => {
            format!("{} 的 gzip 数据在解压后第 {byte} 字节之后损坏（{cause}）", name(path))
        }
        DataError::Magic { path, found, expected } => {
            format!("{} 第 0 字节的文件标识有误：为 {found}，应为 {expected}", name(path))
        }
        DataError::ShortHeader { path, found_bytes, header_bytes } => {
            format!("{} 在第 {found_bytes} 字节处结束，而文件头长 {header_bytes} 字节", name(path))
        }
        DataError::Truncated { path, found_bytes, expected_bytes, count, whole, .. } => format!(
            "{} 被截断：在第 {found_bytes} 字节处结束，而文件头声明 {count} 项、共 {expected_bytes} 字节；只有 {whole} 项完整",
            name(path)
        ),
        DataError::Excess { path, expected_bytes, count, .. } => format!(
            "{} 在第 {expected_bytes} 字节（文件头声明的 {count} 项结束处）之后还有内容：文件头与内容不符",
            name(path)
        ),
        DataError::Dimensions { path, dimensions, .. } => {
            format!("{} 第 4 字节处的尺寸 {dimensions:?} 不能构成图像", name(path))
        }
        DataError::LabelCount { labels, label_count, images, image_count } => format!(
            "标签文件 {} 有 {label_count} 个标签，而 {} 有 {image_count} 张图像：两个文件不匹配",
            name(labels),
            name(images)
        ),
        DataError::LabelRange { path, label, row, byte, classes, .. } => format!(
            "{} 第 {row} 行（第 {byte} 字节）的标签 {label} 超出范围：共有 {classes} 个类别，从 0 开始",
            name(path)
        ),
        DataError::ShapeMismatch { path, found, other, expected } => format!(
            "{} 中图像的形状为 {found:?}（通道、高、宽），而 {} 中为 {expected:?}：文件不匹配",
            name(path),
            name(other)
        ),
        DataError::Changed { path, found, expected } => {
            format!("{} 在数据节点读取之后已改变（内容哈希为 {found}，应为 {expected}）", name(path))
        }
        DataError::Description { folder, reason } => format!("{} 的样本描述与数据不符：{reason}", name(folder)),
        DataError::Json { source } => format!("样本描述无效（{source}）"),
        DataError::Parameter { parameter, reason } => format!("参数 {parameter} 无效：{reason}"),
        DataError::StepMismatch { step, reason } => format!("预处理步骤“{step}”与输入不符：{reason}"),
        other => format!("数据错误：{other}"),
    }
}

fn remedy(error: &DataError) -> (&'static str, &'static str) {
    match error {
        DataError::FolderNotFound { .. } | DataError::NotAFolder { .. } => {
            ("Check the folder in the data node's parameters.", "请检查数据节点参数中的文件夹。")
        }
        DataError::FileNotFound { .. } => (
            "Put the missing file into the folder, or choose another folder.",
            "请把缺少的文件放入该文件夹，或选择其他文件夹。",
        ),
        DataError::Read { .. } => ("Check that the file is there and may be read.", "请确认文件存在且有读取权限。"),
        DataError::LabelCount { .. } | DataError::ShapeMismatch { .. } => {
            ("Put files that belong together into the folder.", "请在文件夹中放入互相匹配的文件。")
        }
        DataError::LabelRange { .. } => ("Check the label file.", "请检查标签文件。"),
        DataError::Changed { .. } | DataError::Description { .. } | DataError::Json { .. } => {
            ("Run the data node again.", "请重新运行数据节点。")
        }
        DataError::Parameter { .. } => ("Change the parameter.", "请修改该参数。"),
        DataError::StepMismatch { .. } => {
            ("Connect samples of the kind that the step was fitted on.", "请连接与该步骤拟合时同类的样本。")
        }
        _ => ("Download or copy the file again.", "请重新下载或复制该文件。"),
    }
}

/// A fault from an error of a network.
pub(crate) fn from_network(error: &NetworkError) -> Fault {
    match error {
        NetworkError::Layers { .. } => fault(
            "bad_network",
            (error.to_string(), format!("网络与样本不符：{error}")),
            ("Change the layer that is named.", "请修改所指出的层。"),
        ),
        NetworkError::Weights(reason) => fault(
            "bad_model",
            (error.to_string(), format!("权重与网络不符：{reason}")),
            ("Train the model again.", "请重新训练模型。"),
        ),
        NetworkError::Read(reason) => fault(
            "device_failed",
            (error.to_string(), format!("无法从设备读取张量：{reason}")),
            ("Run again; if it happens again, choose another device.", "请重新运行；若再次出现，请换用其他设备。"),
        ),
    }
}

/// A fault from an error of the measures.
pub(crate) fn from_metrics(error: &MetricError) -> Fault {
    fault(
        "bad_data",
        (error.to_string(), format!("无法评估：{error}")),
        ("Check the samples that reach the node.", "请检查送入该节点的样本。"),
    )
}

/// A file of the program's own that cannot be read.
pub(crate) fn unreadable(what: (&str, &str), path: &Path, cause: impl std::fmt::Display) -> Fault {
    fault(
        "bad_input",
        (
            format!("{}: the {} cannot be read: {cause}", path.display(), what.0),
            format!("{}：无法读取{}：{cause}", path.display(), what.1),
        ),
        ("Run the node before this one again.", "请重新运行前一个节点。"),
    )
}

/// A file that cannot be written.
pub(crate) fn unwritable(path: &Path, cause: impl std::fmt::Display) -> Fault {
    fault(
        "write_failed",
        (format!("{}: cannot be written: {cause}", path.display()), format!("{}：无法写入：{cause}", path.display())),
        (
            "Make room on the disk, or check that the folder may be written to.",
            "请清理磁盘空间，或确认对该文件夹有写入权限。",
        ),
    )
}

/// A parameter that is missing or of the wrong kind.
pub(crate) fn bad_parameter(name: &str, expected: (&str, &str)) -> Fault {
    fault(
        "bad_parameter",
        (format!("parameter '{name}': expected {}", expected.0), format!("参数“{name}”：应为{}", expected.1)),
        ("Change the parameter.", "请修改该参数。"),
    )
}

/// An input port that nothing is connected to.
pub(crate) fn missing_input(port: &str) -> Fault {
    fault(
        "missing_input",
        (format!("nothing is connected to the input '{port}'"), format!("输入“{port}”没有连接")),
        ("Connect the input.", "请连接该输入。"),
    )
}

/// A panic within a computation: a wrong shape in Burn, a lost device, a driver's fault.
pub(crate) fn panicked(cause: &str) -> Fault {
    fault(
        "computation_failed",
        (format!("the computation broke off: {cause}"), format!("计算中断：{cause}")),
        (
            "Run again; if it happens again, choose another device, and report this message.",
            "请重新运行；若再次出现，请换用其他设备，并报告此信息。",
        ),
    )
}
