//! What can go wrong with files: each error says what happened, where, and what to do, in both languages.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use weft_model::Localised;

use crate::json::Fault;

/// The kind of a [`ProjectError`], for those who act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectErrorKind {
    /// The file or folder cannot be read.
    Read,
    /// The file is not JSON; line and column count from 1.
    Syntax {
        /// Line.
        line: usize,
        /// Column, in characters.
        column: usize,
    },
    /// The file is something else than a Weft project or bundle.
    NotAProject,
    /// The file was written by a newer version of the program.
    Newer {
        /// The file's format version.
        found: u64,
        /// The newest format version that this program reads.
        supported: u64,
    },
    /// The file cannot be written; what was there before is untouched.
    Write,
    /// The file is of another program's format, and is not as that format says.
    Foreign,
    /// The bundle is damaged, or holds what a bundle must not hold.
    Bundle,
    /// The recovery journal is damaged beyond its first line.
    Journal,
}

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.localised().en)]
pub struct ProjectError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ProjectErrorKind,
    path: PathBuf,
    message: Localised,
    remedy: Localised,
    cause: Option<io::Error>,
}

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

impl ProjectError {
    pub(crate) fn new(kind: ProjectErrorKind, path: &Path, message: Localised, remedy: Localised) -> Self {
        Self(Box::new(Inner { kind, path: path.to_owned(), message, remedy, cause: None }))
    }

    fn because(mut self, cause: io::Error) -> Self {
        self.0.cause = Some(cause);
        self
    }

    pub(crate) fn read(path: &Path, cause: io::Error) -> Self {
        let at = path.display();
        let (message, remedy) = match cause.kind() {
            ErrorKind::NotFound => {
                (l(format!("{at} does not exist"), format!("{at} 不存在")), l("check the path", "请检查路径"))
            }
            ErrorKind::PermissionDenied => (
                l(format!("{at} may not be read"), format!("没有读取 {at} 的权限")),
                l("change its permissions, or copy it to a folder of your own", "请修改权限，或复制到自己的文件夹"),
            ),
            ErrorKind::IsADirectory => (
                l(format!("{at} is a folder"), format!("{at} 是文件夹")),
                l("name the .weft file within it", "请指定其中的 .weft 文件"),
            ),
            _ => (
                l(format!("{at} cannot be read: {cause}"), format!("无法读取 {at}：{cause}")),
                l("check the drive and try again", "请检查磁盘后重试"),
            ),
        };
        Self::new(ProjectErrorKind::Read, path, message, remedy).because(cause)
    }

    /// A file could not be written. `path` is the file that was to be written, not the temporary one.
    pub fn write(path: &Path, cause: io::Error) -> Self {
        let at = path.display();
        let folder = path.parent().unwrap_or(Path::new(".")).display();
        let (message, remedy) = match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => (
                l(format!("{at} was not saved: the disk is full"), format!("未能保存 {at}：磁盘已满")),
                l("free some space, or save elsewhere", "请腾出空间，或另存到别处"),
            ),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => (
                l(
                    format!("{at} was not saved: the file or its folder {folder} is write-protected"),
                    format!("未能保存 {at}：文件或其所在文件夹 {folder} 有写保护"),
                ),
                l("change the permissions, or save elsewhere", "请修改权限，或另存到别处"),
            ),
            ErrorKind::NotFound | ErrorKind::NotADirectory => (
                l(
                    format!("{at} was not saved: there is no folder {folder}"),
                    format!("未能保存 {at}：文件夹 {folder} 不存在"),
                ),
                l("make the folder, or save elsewhere", "请创建该文件夹，或另存到别处"),
            ),
            ErrorKind::IsADirectory => (
                l(format!("{at} was not saved: it is a folder"), format!("未能保存 {at}：它是文件夹")),
                l("choose another name", "请换一个名称"),
            ),
            _ => (
                l(format!("{at} was not saved: {cause}"), format!("未能保存 {at}：{cause}")),
                l("check the drive and try again, or save elsewhere", "请检查磁盘后重试，或另存到别处"),
            ),
        };
        let untouched =
            l(format!("what was there before is untouched; {}", remedy.en), format!("原有文件未受影响；{}", remedy.zh));
        Self::new(ProjectErrorKind::Write, path, message, untouched).because(cause)
    }

    pub(crate) fn syntax(path: &Path, fault: Fault) -> Self {
        let (at, Fault { line, column, what }) = (path.display(), fault);
        Self::new(
            ProjectErrorKind::Syntax { line, column },
            path,
            l(
                format!("{at}, line {line}, column {column}: {}", what.en),
                format!("{at} 第 {line} 行第 {column} 列：{}", what.zh),
            ),
            l(
                "mend the place in a text editor, or take an earlier copy of the file",
                "请用文本编辑器修正该处，或使用该文件的早期副本",
            ),
        )
    }

    pub(crate) fn not_a_project(path: &Path, why: Localised) -> Self {
        let at = path.display();
        Self::new(
            ProjectErrorKind::NotAProject,
            path,
            l(format!("{at} is not a Weft project: {}", why.en), format!("{at} 不是 Weft 项目：{}", why.zh)),
            l("choose a .weft or .weftz file", "请选择 .weft 或 .weftz 文件"),
        )
    }

    /// A file of another program's format cannot be imported: `why` says what is wrong with it, and in which place.
    pub fn foreign(path: &Path, why: Localised, remedy: Localised) -> Self {
        let at = path.display();
        let message = l(format!("{at} cannot be imported: {}", why.en), format!("无法导入 {at}：{}", why.zh));
        Self::new(ProjectErrorKind::Foreign, path, message, remedy)
    }

    pub(crate) fn newer(path: &Path, found: u64, supported: u64) -> Self {
        let at = path.display();
        let current = env!("CARGO_PKG_VERSION");
        Self::new(
            ProjectErrorKind::Newer { found, supported },
            path,
            l(
                format!("{at} was written by a newer Weft (format {found}, this one reads up to {supported})"),
                format!("{at} 由更新版本的 Weft 写成（格式 {found}，本版本最高支持 {supported}）"),
            ),
            l(
                format!("install a version of Weft newer than {current}; the file is untouched"),
                format!("请安装比 {current} 更新的 Weft；文件未被改动"),
            ),
        )
    }

    pub(crate) fn bundle(path: &Path, why: Localised, remedy: Localised) -> Self {
        let at = path.display();
        Self::new(
            ProjectErrorKind::Bundle,
            path,
            l(format!("bundle {at}: {}", why.en), format!("项目包 {at}：{}", why.zh)),
            remedy,
        )
    }

    /// The kind of error.
    pub fn kind(&self) -> ProjectErrorKind {
        self.0.kind
    }

    /// The file or folder concerned.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What happened, with the path.
    pub fn message(&self) -> &Localised {
        &self.0.message
    }

    /// What to do about it.
    pub fn remedy(&self) -> &Localised {
        &self.0.remedy
    }

    /// The error of the operating system behind it.
    pub fn cause(&self) -> Option<&io::Error> {
        self.0.cause.as_ref()
    }

    /// What happened and what to do, in both languages.
    pub fn localised(&self) -> Localised {
        let Inner { message, remedy, .. } = &*self.0;
        l(format!("{}: {}", message.en, remedy.en), format!("{}。{}", message.zh, remedy.zh))
    }
}
