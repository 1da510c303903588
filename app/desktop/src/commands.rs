//! Everything that the window can be told to do, once: menus, shortcuts and buttons come from here. What a command does
//! is for the application to know.

use egui::{Key, KeyboardShortcut, Modifiers};
use weft_model::align::{Alignment, Axis};

use crate::dock::view::edge_words;
use crate::dock::{Edge, Pane};
use crate::keymap::Keymap;
use crate::panels::plan::Page;

/// Key of the label of the menu of layouts.
pub const LAYOUTS: &str = "menu-layouts";

/// A menu of the top bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    /// Projects and the program.
    File,
    /// Changes of the graph.
    Edit,
    /// What is seen.
    View,
    /// Runs.
    Run,
    /// Keys and version.
    Help,
}

impl Menu {
    /// All menus, from left to right.
    pub const ALL: [Menu; 5] = [Menu::File, Menu::Edit, Menu::View, Menu::Run, Menu::Help];

    /// Key of its label.
    pub fn label(self) -> &'static str {
        match self {
            Menu::File => "menu-file",
            Menu::Edit => "menu-edit",
            Menu::View => "menu-view",
            Menu::Run => "menu-run",
            Menu::Help => "menu-help",
        }
    }
}

/// A command of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UiCommand {
    /// An empty project.
    New,
    /// Another project.
    Open,
    /// A workflow of another program as a project.
    Import,
    /// The project into its file.
    Save,
    /// The project into another file.
    SaveAs,
    /// The project with its data as one file.
    Export,
    /// The start page.
    ShowStart,
    /// Show the folder of the project in the desktop's file manager.
    ShowFolder,
    /// The settings.
    Settings,
    /// The end.
    Quit,
    /// The newest step back.
    Undo,
    /// That step again.
    Redo,
    /// The selected nodes onto the clipboard, and away.
    Cut,
    /// The selected nodes onto the clipboard.
    Copy,
    /// What lies on the clipboard.
    Paste,
    /// The same, fed by what fed the originals.
    PasteKeepingInputs,
    /// The selected nodes once more.
    Duplicate,
    /// A node, searched for at the cursor.
    AddNode,
    /// What is selected, away.
    Delete,
    /// What is selected, away, and what fed it joined to what it fed.
    DeleteAndReconnect,
    /// Everything selected.
    SelectAll,
    /// Nothing selected.
    SelectNone,
    /// A node by its name or kind.
    FindNode,
    /// Nodes in layers from left to right: the selected ones, or all.
    Arrange,
    /// The selected nodes left out of runs, or in them again.
    Mute,
    /// The selected nodes passed by: what comes in goes out.
    Bypass,
    /// The selected nodes as bars, or as they were.
    Collapse,
    /// A frame around the selected nodes.
    FrameSelection,
    /// A note.
    AddNote,
    /// The selected nodes into one node of their own.
    MakeSubgraph,
    /// What is in the selected subgraph in place of it.
    Unpack,
    /// The canvas of the selected subgraph.
    EnterSubgraph,
    /// The canvas that this one is in.
    LeaveSubgraph,
    /// The selected subgraph into the palette, for other projects.
    SaveBlock,
    /// The first fix of every problem, until there is none left.
    FixProblems,
    /// The selected nodes on one line.
    Align(Alignment),
    /// The selected nodes with equal gaps.
    Distribute(Axis),
    /// A command by its name.
    CommandPalette,
    /// All nodes in view.
    FitAll,
    /// The selected nodes in view.
    FitSelection,
    /// Nearer.
    ZoomIn,
    /// Farther.
    ZoomOut,
    /// One point a point.
    ZoomActual,
    /// The palette, shown or hidden.
    ToggleLeft,
    /// The inspector, shown or hidden.
    ToggleRight,
    /// The panels at the bottom, shown or hidden.
    ToggleBottom,
    /// A panel, shown, with the keyboard in it.
    ShowPanel(Pane),
    /// The panel with the keyboard, to a side of the canvas.
    DockPanel(Edge),
    /// The panel with the keyboard, away.
    ClosePanel,
    /// The keyboard to the next panel.
    NextPanel,
    /// The keyboard to the panel before.
    PreviousPanel,
    /// The next tab of the panel with the keyboard.
    NextTab,
    /// The tab before.
    PreviousTab,
    /// The panels as they were at first.
    ResetLayout,
    /// The list of layouts, to keep and to take one.
    Layouts,
    /// The minimap, shown or hidden.
    ToggleMinimap,
    /// The preview of the selected node at larger size, shown or hidden.
    ShowPreview,
    /// Previews on nodes, shown or hidden.
    TogglePreviews,
    /// Those of the selected nodes, shown or hidden.
    ToggleNodePreview,
    /// From dark to light and back.
    SwitchTheme,
    /// Draws the interface larger.
    ScaleUp,
    /// Draws the interface smaller.
    ScaleDown,
    /// Draws the interface at its own size.
    ScaleActual,
    /// From one language to the other.
    SwitchLanguage,
    /// A run.
    Run,
    /// A run that uses no earlier result.
    RunFresh,
    /// A run up to the selected node.
    RunToHere,
    /// A run after those that are on and wait.
    QueueRun,
    /// A page of the plan panel.
    ShowPlan(Page),
    /// A pause, or the end of one.
    Pause,
    /// The end of the run; what was learnt is kept.
    Stop,
    /// The list of keys.
    Keys,
    /// What this is.
    About,
}

/// What can be done now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Situation {
    pub project: bool,
    /// The project lies in a folder.
    pub folder: bool,
    pub dirty: bool,
    pub can_undo: bool,
    pub can_redo: bool,
    pub selection: bool,
    /// One node is selected, and it is a subgraph.
    pub subgraph: bool,
    /// The graph that is shown stands within a subgraph.
    pub inside: bool,
    pub one_node: bool,
    pub selected_nodes: usize,
    pub fixable: bool,
    pub running: bool,
    /// What is to be run now waits for the run that is on.
    pub queues: bool,
    pub busy: bool,
}

const fn key(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const CTRL_ALT: Modifiers = Modifiers::COMMAND.plus(Modifiers::ALT);

impl UiCommand {
    const ALL: &'static [UiCommand] = &[
        UiCommand::New,
        UiCommand::Open,
        UiCommand::Import,
        UiCommand::Save,
        UiCommand::SaveAs,
        UiCommand::Export,
        UiCommand::ShowFolder,
        UiCommand::ShowStart,
        UiCommand::Settings,
        UiCommand::Quit,
        UiCommand::Undo,
        UiCommand::Redo,
        UiCommand::Cut,
        UiCommand::Copy,
        UiCommand::Paste,
        UiCommand::PasteKeepingInputs,
        UiCommand::Duplicate,
        UiCommand::AddNode,
        UiCommand::Delete,
        UiCommand::DeleteAndReconnect,
        UiCommand::SelectAll,
        UiCommand::SelectNone,
        UiCommand::FindNode,
        UiCommand::Mute,
        UiCommand::Bypass,
        UiCommand::Collapse,
        UiCommand::FrameSelection,
        UiCommand::AddNote,
        UiCommand::MakeSubgraph,
        UiCommand::Unpack,
        UiCommand::EnterSubgraph,
        UiCommand::LeaveSubgraph,
        UiCommand::SaveBlock,
        UiCommand::FixProblems,
        UiCommand::Arrange,
        UiCommand::Align(Alignment::Left),
        UiCommand::Align(Alignment::Center),
        UiCommand::Align(Alignment::Right),
        UiCommand::Align(Alignment::Top),
        UiCommand::Align(Alignment::Middle),
        UiCommand::Align(Alignment::Bottom),
        UiCommand::Distribute(Axis::Horizontal),
        UiCommand::Distribute(Axis::Vertical),
        UiCommand::CommandPalette,
        UiCommand::FitAll,
        UiCommand::FitSelection,
        UiCommand::ZoomIn,
        UiCommand::ZoomOut,
        UiCommand::ZoomActual,
        UiCommand::ToggleLeft,
        UiCommand::ToggleRight,
        UiCommand::ToggleBottom,
        UiCommand::ToggleMinimap,
        UiCommand::ShowPreview,
        UiCommand::TogglePreviews,
        UiCommand::ToggleNodePreview,
        UiCommand::ShowPanel(Pane::Canvas),
        UiCommand::ShowPanel(Pane::Palette),
        UiCommand::ShowPanel(Pane::Inspector),
        UiCommand::ShowPanel(Pane::Training),
        UiCommand::ShowPanel(Pane::Plan),
        UiCommand::ShowPanel(Pane::Resources),
        UiCommand::ShowPanel(Pane::Results),
        UiCommand::ShowPanel(Pane::Problems),
        UiCommand::ShowPanel(Pane::Log),
        UiCommand::ShowPanel(Pane::History),
        UiCommand::NextPanel,
        UiCommand::PreviousPanel,
        UiCommand::NextTab,
        UiCommand::PreviousTab,
        UiCommand::DockPanel(Edge::Left),
        UiCommand::DockPanel(Edge::Right),
        UiCommand::DockPanel(Edge::Top),
        UiCommand::DockPanel(Edge::Bottom),
        UiCommand::ClosePanel,
        UiCommand::Layouts,
        UiCommand::ResetLayout,
        UiCommand::SwitchTheme,
        UiCommand::ScaleUp,
        UiCommand::ScaleDown,
        UiCommand::ScaleActual,
        UiCommand::SwitchLanguage,
        UiCommand::Run,
        UiCommand::RunFresh,
        UiCommand::RunToHere,
        UiCommand::QueueRun,
        UiCommand::Pause,
        UiCommand::Stop,
        UiCommand::ShowPlan(Page::Costs),
        UiCommand::ShowPlan(Page::Scheduler),
        UiCommand::ShowPlan(Page::WhatIf),
        UiCommand::ShowPlan(Page::Race),
        UiCommand::ShowPlan(Page::Queue),
        UiCommand::Keys,
        UiCommand::About,
    ];

    /// All commands, in the order of the menus.
    pub fn all() -> impl DoubleEndedIterator<Item = UiCommand> + ExactSizeIterator {
        Self::ALL.iter().copied()
    }

    /// Key of its label.
    pub fn label(self) -> &'static str {
        match self {
            UiCommand::New => "cmd-new",
            UiCommand::Open => "cmd-open",
            UiCommand::Import => "cmd-import",
            UiCommand::Save => "cmd-save",
            UiCommand::SaveAs => "cmd-save-as",
            UiCommand::Export => "cmd-export",
            UiCommand::ShowStart => "cmd-start",
            UiCommand::ShowFolder => "cmd-show-folder",
            UiCommand::Settings => "cmd-settings",
            UiCommand::Quit => "cmd-quit",
            UiCommand::Undo => "cmd-undo",
            UiCommand::Redo => "cmd-redo",
            UiCommand::Cut => "cmd-cut",
            UiCommand::Copy => "cmd-copy",
            UiCommand::Paste => "cmd-paste",
            UiCommand::PasteKeepingInputs => "cmd-paste-inputs",
            UiCommand::Duplicate => "cmd-duplicate",
            UiCommand::DeleteAndReconnect => "cmd-delete-reconnect",
            UiCommand::FindNode => "cmd-find",
            UiCommand::Mute => "cmd-mute",
            UiCommand::Bypass => "cmd-bypass",
            UiCommand::Collapse => "cmd-collapse",
            UiCommand::FrameSelection => "cmd-frame-selection",
            UiCommand::AddNote => "cmd-add-note",
            UiCommand::MakeSubgraph => "cmd-make-subgraph",
            UiCommand::Unpack => "cmd-unpack",
            UiCommand::EnterSubgraph => "cmd-enter-subgraph",
            UiCommand::LeaveSubgraph => "cmd-leave-subgraph",
            UiCommand::SaveBlock => "cmd-save-block",
            UiCommand::Arrange => "cmd-arrange",
            UiCommand::FixProblems => "cmd-fix-problems",
            UiCommand::Align(Alignment::Left) => "cmd-align-left",
            UiCommand::Align(Alignment::Center) => "cmd-align-center",
            UiCommand::Align(Alignment::Right) => "cmd-align-right",
            UiCommand::Align(Alignment::Top) => "cmd-align-top",
            UiCommand::Align(Alignment::Middle) => "cmd-align-middle",
            UiCommand::Align(Alignment::Bottom) => "cmd-align-bottom",
            UiCommand::Distribute(Axis::Horizontal) => "cmd-distribute-horizontally",
            UiCommand::Distribute(Axis::Vertical) => "cmd-distribute-vertically",
            UiCommand::CommandPalette => "cmd-palette",
            UiCommand::AddNode => "cmd-add-node",
            UiCommand::Delete => "cmd-delete",
            UiCommand::SelectAll => "cmd-select-all",
            UiCommand::SelectNone => "cmd-select-none",
            UiCommand::FitAll => "cmd-fit-all",
            UiCommand::FitSelection => "cmd-fit-selection",
            UiCommand::ZoomIn => "cmd-zoom-in",
            UiCommand::ZoomOut => "cmd-zoom-out",
            UiCommand::ZoomActual => "cmd-zoom-actual",
            UiCommand::ToggleLeft => "cmd-toggle-left",
            UiCommand::ToggleRight => "cmd-toggle-right",
            UiCommand::ToggleBottom => "cmd-toggle-bottom",
            UiCommand::ToggleMinimap => "cmd-toggle-minimap",
            UiCommand::ShowPreview => "cmd-show-preview",
            UiCommand::TogglePreviews => "cmd-toggle-previews",
            UiCommand::ToggleNodePreview => "cmd-toggle-node-preview",
            UiCommand::ShowPanel(Pane::Canvas) => "cmd-show-canvas",
            UiCommand::ShowPanel(Pane::Palette) => "cmd-show-palette",
            UiCommand::ShowPanel(Pane::Inspector) => "cmd-show-inspector",
            UiCommand::ShowPanel(Pane::Training) => "cmd-show-training",
            UiCommand::ShowPanel(Pane::Plan) => "cmd-show-plan",
            UiCommand::ShowPanel(Pane::Resources) => "cmd-show-resources",
            UiCommand::ShowPanel(Pane::Results) => "cmd-show-results",
            UiCommand::ShowPanel(Pane::Problems) => "cmd-show-problems",
            UiCommand::ShowPanel(Pane::Log) => "cmd-show-log",
            UiCommand::ShowPanel(Pane::History) => "cmd-show-history",
            UiCommand::DockPanel(edge) => edge_words(edge).1,
            UiCommand::ClosePanel => "cmd-close-panel",
            UiCommand::NextPanel => "cmd-next-panel",
            UiCommand::PreviousPanel => "cmd-previous-panel",
            UiCommand::NextTab => "cmd-next-tab",
            UiCommand::PreviousTab => "cmd-previous-tab",
            UiCommand::ResetLayout => "cmd-reset-layout",
            UiCommand::Layouts => "cmd-layouts",
            UiCommand::SwitchTheme => "cmd-switch-theme",
            UiCommand::ScaleUp => "cmd-scale-up",
            UiCommand::ScaleDown => "cmd-scale-down",
            UiCommand::ScaleActual => "cmd-scale-actual",
            UiCommand::SwitchLanguage => "cmd-switch-language",
            UiCommand::Run => "cmd-run",
            UiCommand::RunFresh => "cmd-run-fresh",
            UiCommand::RunToHere => "cmd-run-to-here",
            UiCommand::QueueRun => "cmd-queue-run",
            UiCommand::ShowPlan(Page::Chart) => "cmd-show-chart",
            UiCommand::ShowPlan(Page::Costs) => "cmd-show-costs",
            UiCommand::ShowPlan(Page::Scheduler) => "cmd-show-scheduler",
            UiCommand::ShowPlan(Page::WhatIf) => "cmd-show-what-if",
            UiCommand::ShowPlan(Page::Race) => "cmd-show-race",
            UiCommand::ShowPlan(Page::Queue) => "cmd-show-queue",
            UiCommand::Pause => "cmd-pause",
            UiCommand::Stop => "cmd-stop",
            UiCommand::Keys => "cmd-keys",
            UiCommand::About => "cmd-about",
        }
    }

    /// Its icon.
    pub fn icon(self) -> &'static str {
        match self {
            UiCommand::New => "file-plus",
            UiCommand::Open => "folder-open",
            UiCommand::Import => "download-simple",
            UiCommand::Save | UiCommand::SaveAs => "floppy-disk",
            UiCommand::Export => "export",
            UiCommand::ShowStart => "house",
            UiCommand::ShowFolder => "folder-open",
            UiCommand::Settings => "gear",
            UiCommand::Quit => "x",
            UiCommand::Undo => "arrow-counter-clockwise",
            UiCommand::Redo => "arrow-clockwise",
            UiCommand::Cut => "scissors",
            UiCommand::Copy => "copy",
            UiCommand::Paste | UiCommand::PasteKeepingInputs => "clipboard",
            UiCommand::Duplicate => "copy-simple",
            UiCommand::DeleteAndReconnect => "plugs-connected",
            UiCommand::FindNode => "list-magnifying-glass",
            UiCommand::Mute => "eye-slash",
            UiCommand::Bypass => "arrow-bend-up-right",
            UiCommand::Collapse => "minus-square",
            UiCommand::FrameSelection => "bounding-box",
            UiCommand::AddNote => "note",
            UiCommand::MakeSubgraph => "stack",
            UiCommand::Unpack => "package",
            UiCommand::EnterSubgraph => "sign-in",
            UiCommand::LeaveSubgraph => "sign-out",
            UiCommand::SaveBlock => "bookmark-simple",
            UiCommand::FixProblems => "wrench",
            UiCommand::Arrange => "tree-structure",
            UiCommand::Align(Alignment::Left) => "align-left",
            UiCommand::Align(Alignment::Center) => "align-center-horizontal",
            UiCommand::Align(Alignment::Right) => "align-right",
            UiCommand::Align(Alignment::Top) => "align-top",
            UiCommand::Align(Alignment::Middle) => "align-center-vertical",
            UiCommand::Align(Alignment::Bottom) => "align-bottom",
            UiCommand::Distribute(Axis::Horizontal) => "columns",
            UiCommand::Distribute(Axis::Vertical) => "rows",
            UiCommand::CommandPalette => "command",
            UiCommand::AddNode => "plus",
            UiCommand::Delete => "trash",
            UiCommand::SelectAll | UiCommand::SelectNone => "selection-all",
            UiCommand::FitAll | UiCommand::FitSelection => "corners-out",
            UiCommand::ZoomIn => "magnifying-glass-plus",
            UiCommand::ZoomOut => "magnifying-glass-minus",
            UiCommand::ZoomActual => "magnifying-glass",
            UiCommand::ToggleLeft | UiCommand::ToggleRight => "sidebar-simple",
            UiCommand::ToggleBottom => "rows",
            UiCommand::ToggleMinimap => "map-trifold",
            UiCommand::ShowPreview => "image",
            UiCommand::TogglePreviews => "images",
            UiCommand::ToggleNodePreview => "eye",
            UiCommand::ShowPanel(pane) => pane.icon(),
            UiCommand::DockPanel(edge) => edge_words(edge).0,
            UiCommand::ClosePanel => "x",
            UiCommand::NextPanel | UiCommand::NextTab => "caret-right",
            UiCommand::PreviousPanel | UiCommand::PreviousTab => "caret-left",
            UiCommand::ResetLayout => "arrow-counter-clockwise",
            UiCommand::Layouts => "layout",
            UiCommand::SwitchTheme => "moon",
            UiCommand::ScaleUp => "arrows-out",
            UiCommand::ScaleDown => "arrows-in",
            UiCommand::ScaleActual => "frame-corners",
            UiCommand::SwitchLanguage => "translate",
            UiCommand::Run | UiCommand::RunFresh | UiCommand::RunToHere => "play",
            UiCommand::QueueRun => "queue",
            UiCommand::ShowPlan(page) => page.icon(),
            UiCommand::Pause => "pause",
            UiCommand::Stop => "stop",
            UiCommand::Keys => "keyboard",
            UiCommand::About => "info",
        }
    }

    /// The menu that it stands in.
    pub fn menu(self) -> Menu {
        match self {
            UiCommand::New
            | UiCommand::Open
            | UiCommand::Import
            | UiCommand::Save
            | UiCommand::SaveAs
            | UiCommand::Export
            | UiCommand::ShowStart
            | UiCommand::ShowFolder
            | UiCommand::Settings
            | UiCommand::Quit => Menu::File,
            UiCommand::Undo
            | UiCommand::Redo
            | UiCommand::AddNode
            | UiCommand::Delete
            | UiCommand::SelectAll
            | UiCommand::SelectNone
            | UiCommand::Cut
            | UiCommand::Copy
            | UiCommand::Paste
            | UiCommand::PasteKeepingInputs
            | UiCommand::Duplicate
            | UiCommand::DeleteAndReconnect
            | UiCommand::FindNode
            | UiCommand::Mute
            | UiCommand::Bypass
            | UiCommand::Collapse
            | UiCommand::FrameSelection
            | UiCommand::AddNote
            | UiCommand::MakeSubgraph
            | UiCommand::Unpack
            | UiCommand::EnterSubgraph
            | UiCommand::LeaveSubgraph
            | UiCommand::SaveBlock
            | UiCommand::FixProblems
            | UiCommand::Arrange
            | UiCommand::Align(_)
            | UiCommand::Distribute(_) => Menu::Edit,
            UiCommand::CommandPalette
            | UiCommand::FitAll
            | UiCommand::FitSelection
            | UiCommand::ZoomIn
            | UiCommand::ZoomOut
            | UiCommand::ZoomActual
            | UiCommand::ToggleLeft
            | UiCommand::ToggleRight
            | UiCommand::ToggleBottom
            | UiCommand::ShowPanel(_)
            | UiCommand::DockPanel(_)
            | UiCommand::ClosePanel
            | UiCommand::NextPanel
            | UiCommand::PreviousPanel
            | UiCommand::NextTab
            | UiCommand::PreviousTab
            | UiCommand::ResetLayout
            | UiCommand::Layouts
            | UiCommand::ToggleMinimap
            | UiCommand::ShowPreview
            | UiCommand::TogglePreviews
            | UiCommand::ToggleNodePreview
            | UiCommand::SwitchTheme
            | UiCommand::ScaleUp
            | UiCommand::ScaleDown
            | UiCommand::ScaleActual
            | UiCommand::SwitchLanguage => Menu::View,
            UiCommand::Run
            | UiCommand::RunFresh
            | UiCommand::RunToHere
            | UiCommand::QueueRun
            | UiCommand::ShowPlan(_)
            | UiCommand::Pause
            | UiCommand::Stop => Menu::Run,
            UiCommand::Keys | UiCommand::About => Menu::Help,
        }
    }

    /// Key of the label of the menu within the menu that it stands in, if it does not stand in the menu itself.
    pub fn submenu(self) -> Option<&'static str> {
        match self {
            UiCommand::Align(_) | UiCommand::Distribute(_) => Some("menu-align"),
            UiCommand::ShowPanel(_)
            | UiCommand::DockPanel(_)
            | UiCommand::ClosePanel
            | UiCommand::NextPanel
            | UiCommand::PreviousPanel
            | UiCommand::NextTab
            | UiCommand::PreviousTab => Some("menu-panels"),
            UiCommand::Layouts | UiCommand::ResetLayout => Some(LAYOUTS),
            _ => None,
        }
    }

    /// Whether the menu has a line before it.
    pub fn begins_group(self) -> bool {
        matches!(
            self,
            UiCommand::Save
                | UiCommand::ShowStart
                | UiCommand::Quit
                | UiCommand::Cut
                | UiCommand::AddNode
                | UiCommand::SelectAll
                | UiCommand::Mute
                | UiCommand::MakeSubgraph
                | UiCommand::Arrange
                | UiCommand::FitAll
                | UiCommand::ToggleLeft
                | UiCommand::SwitchTheme
                | UiCommand::Pause
                | UiCommand::ShowPlan(Page::Costs)
        )
    }

    /// A name that stays the same for ever: the settings file names it.
    pub fn id(self) -> &'static str {
        self.label().trim_start_matches("cmd-")
    }

    /// The keys that it has until the user chooses others.
    pub fn default_shortcuts(self) -> &'static [KeyboardShortcut] {
        const COMMAND: Modifiers = Modifiers::COMMAND;
        match self {
            UiCommand::New => const { &[key(COMMAND, Key::N)] },
            UiCommand::Open => const { &[key(COMMAND, Key::O)] },
            UiCommand::Save => const { &[key(COMMAND, Key::S)] },
            UiCommand::SaveAs => const { &[key(CTRL_SHIFT, Key::S)] },
            UiCommand::Export => const { &[key(COMMAND, Key::E)] },
            UiCommand::Settings => const { &[key(COMMAND, Key::Comma)] },
            UiCommand::Quit => const { &[key(COMMAND, Key::Q)] },
            UiCommand::Undo => const { &[key(COMMAND, Key::Z)] },
            UiCommand::Redo => const { &[key(CTRL_SHIFT, Key::Z), key(COMMAND, Key::Y)] },
            UiCommand::Cut => const { &[key(COMMAND, Key::X)] },
            UiCommand::Copy => const { &[key(COMMAND, Key::C)] },
            UiCommand::Paste => const { &[key(COMMAND, Key::V)] },
            UiCommand::PasteKeepingInputs => const { &[key(CTRL_SHIFT, Key::V)] },
            UiCommand::Duplicate => const { &[key(COMMAND, Key::D)] },
            UiCommand::DeleteAndReconnect => const { &[key(COMMAND, Key::Delete)] },
            UiCommand::FindNode => const { &[key(COMMAND, Key::F)] },
            UiCommand::Mute => const { &[key(COMMAND, Key::M)] },
            UiCommand::Bypass => const { &[key(COMMAND, Key::B)] },
            UiCommand::Collapse => const { &[key(Modifiers::ALT, Key::C)] },
            UiCommand::FrameSelection => const { &[key(COMMAND, Key::G)] },
            UiCommand::AddNote => const { &[key(CTRL_ALT, Key::N)] },
            UiCommand::MakeSubgraph => const { &[key(CTRL_ALT, Key::G)] },
            UiCommand::Unpack => const { &[key(CTRL_ALT, Key::U)] },
            UiCommand::EnterSubgraph => const { &[key(Modifiers::ALT, Key::Enter)] },
            UiCommand::LeaveSubgraph => const { &[key(Modifiers::ALT, Key::Backspace)] },
            UiCommand::CommandPalette => const { &[key(CTRL_SHIFT, Key::P), key(Modifiers::NONE, Key::F3)] },
            UiCommand::AddNode => const { &[key(Modifiers::SHIFT, Key::A), key(Modifiers::NONE, Key::Tab)] },
            UiCommand::Delete => const { &[key(Modifiers::NONE, Key::Delete), key(Modifiers::NONE, Key::Backspace)] },
            UiCommand::SelectAll => const { &[key(COMMAND, Key::A)] },
            UiCommand::SelectNone => const { &[key(CTRL_SHIFT, Key::A)] },
            UiCommand::FitAll => const { &[key(Modifiers::NONE, Key::Home)] },
            UiCommand::FitSelection => const { &[key(Modifiers::NONE, Key::Period)] },
            UiCommand::Run => const { &[key(COMMAND, Key::Enter)] },
            UiCommand::QueueRun => const { &[key(CTRL_SHIFT, Key::Enter)] },
            UiCommand::Stop => const { &[key(CTRL_ALT, Key::Enter)] },
            UiCommand::Keys => const { &[key(Modifiers::NONE, Key::F1), key(Modifiers::NONE, Key::Questionmark)] },
            UiCommand::ShowPreview => const { &[key(Modifiers::ALT, Key::P)] },
            UiCommand::ToggleLeft => const { &[key(COMMAND, Key::Num1)] },
            UiCommand::ToggleRight => const { &[key(COMMAND, Key::Num2)] },
            UiCommand::ToggleBottom => const { &[key(COMMAND, Key::Num3)] },
            UiCommand::ClosePanel => const { &[key(COMMAND, Key::W)] },
            UiCommand::NextPanel => const { &[key(Modifiers::NONE, Key::F6)] },
            UiCommand::PreviousPanel => const { &[key(Modifiers::SHIFT, Key::F6)] },
            UiCommand::NextTab => const { &[key(COMMAND, Key::PageDown)] },
            UiCommand::PreviousTab => const { &[key(COMMAND, Key::PageUp)] },
            UiCommand::ScaleUp => const { &[key(CTRL_ALT, Key::Plus), key(CTRL_ALT, Key::Equals)] },
            UiCommand::ScaleDown => const { &[key(CTRL_ALT, Key::Minus)] },
            UiCommand::ScaleActual => const { &[key(CTRL_ALT, Key::Num0)] },
            UiCommand::Import
            | UiCommand::ShowStart
            | UiCommand::ShowFolder
            | UiCommand::ZoomIn
            | UiCommand::ZoomOut
            | UiCommand::ZoomActual
            | UiCommand::ToggleMinimap
            | UiCommand::TogglePreviews
            | UiCommand::ToggleNodePreview
            | UiCommand::ShowPanel(_)
            | UiCommand::DockPanel(_)
            | UiCommand::ResetLayout
            | UiCommand::Layouts
            | UiCommand::SwitchTheme
            | UiCommand::SwitchLanguage
            | UiCommand::RunFresh
            | UiCommand::RunToHere
            | UiCommand::ShowPlan(_)
            | UiCommand::Pause
            | UiCommand::SaveBlock
            | UiCommand::FixProblems
            | UiCommand::Arrange
            | UiCommand::Align(_)
            | UiCommand::Distribute(_)
            | UiCommand::About => &[],
        }
    }

    /// Whether the canvas takes its keys itself, at the place of the pointer.
    pub fn keys_belong_to_canvas(self) -> bool {
        matches!(
            self,
            UiCommand::AddNode | UiCommand::Delete | UiCommand::SelectAll | UiCommand::FitAll | UiCommand::FitSelection
        )
    }

    /// Whether its keys do something in a field of text as well: they lead out of it.
    pub fn keys_lead_out_of_text(self) -> bool {
        matches!(self, UiCommand::NextPanel | UiCommand::PreviousPanel | UiCommand::NextTab | UiCommand::PreviousTab)
    }

    /// Whether it can be done now.
    pub fn enabled(self, now: &Situation) -> bool {
        match self {
            UiCommand::New | UiCommand::Open | UiCommand::Import => !now.busy,
            UiCommand::Save | UiCommand::SaveAs | UiCommand::Export => now.project && !now.busy,
            UiCommand::ShowStart => now.project && !now.busy,
            UiCommand::ShowFolder => now.folder,
            UiCommand::Undo => now.can_undo,
            UiCommand::FixProblems => now.fixable,
            UiCommand::Redo => now.can_redo,
            UiCommand::Delete => now.selection,
            UiCommand::SelectNone | UiCommand::FitSelection => now.selection,
            UiCommand::Cut | UiCommand::Copy | UiCommand::Duplicate | UiCommand::DeleteAndReconnect => {
                now.selected_nodes > 0
            }
            UiCommand::Mute | UiCommand::Bypass | UiCommand::Collapse | UiCommand::FrameSelection => {
                now.selected_nodes > 0
            }
            UiCommand::AddNote => now.project,
            // The canvas cannot do these yet.
            UiCommand::MakeSubgraph => now.selected_nodes > 0,
            UiCommand::Unpack | UiCommand::EnterSubgraph | UiCommand::SaveBlock => now.subgraph,
            UiCommand::LeaveSubgraph => now.inside,
            UiCommand::Align(_) => now.selected_nodes > 1,
            UiCommand::Distribute(_) => now.selected_nodes > 2,
            UiCommand::AddNode
            | UiCommand::Paste
            | UiCommand::PasteKeepingInputs
            | UiCommand::FindNode
            | UiCommand::Arrange
            | UiCommand::SelectAll
            | UiCommand::FitAll
            | UiCommand::ZoomIn
            | UiCommand::ZoomOut
            | UiCommand::ZoomActual
            | UiCommand::ToggleLeft
            | UiCommand::ToggleRight
            | UiCommand::ToggleBottom
            | UiCommand::ShowPreview
            | UiCommand::TogglePreviews
            | UiCommand::ShowPanel(_)
            | UiCommand::DockPanel(_)
            | UiCommand::ClosePanel
            | UiCommand::NextPanel
            | UiCommand::PreviousPanel
            | UiCommand::NextTab
            | UiCommand::PreviousTab
            | UiCommand::ResetLayout
            | UiCommand::Layouts
            | UiCommand::ToggleMinimap => now.project,
            UiCommand::ToggleNodePreview => now.selected_nodes > 0,
            // While a run is on, another one can wait for it.
            UiCommand::Run | UiCommand::RunFresh => now.project && (!now.running || now.queues),
            UiCommand::RunToHere => now.one_node && (!now.running || now.queues),
            UiCommand::QueueRun | UiCommand::ShowPlan(_) => now.project,
            UiCommand::Pause | UiCommand::Stop => now.running,
            UiCommand::Settings
            | UiCommand::Quit
            | UiCommand::SwitchTheme
            | UiCommand::ScaleUp
            | UiCommand::ScaleDown
            | UiCommand::ScaleActual
            | UiCommand::SwitchLanguage
            | UiCommand::CommandPalette
            | UiCommand::Keys
            | UiCommand::About => true,
        }
    }

    /// Its first shortcut as text, as the keys are now.
    pub fn shortcut_text(self, ctx: &egui::Context) -> String {
        Keymap::of(ctx).keys(self).first().map_or_else(String::new, |s| shortcut_text(ctx, s))
    }
}

/// A shortcut as it is shown: `Ctrl+,` and not `Ctrl+Comma`.
pub fn shortcut_text(ctx: &egui::Context, shortcut: &KeyboardShortcut) -> String {
    let sign = match shortcut.logical_key {
        Key::Comma => ",",
        Key::Period => ".",
        Key::Questionmark => "?",
        Key::Exclamationmark => "!",
        Key::Colon => ":",
        Key::Semicolon => ";",
        Key::Plus => "+",
        Key::Minus => "-",
        Key::Equals => "=",
        Key::Slash => "/",
        Key::Backslash => "\\",
        Key::Pipe => "|",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        Key::OpenCurlyBracket => "{",
        Key::CloseCurlyBracket => "}",
        Key::Backtick => "`",
        Key::Quote => "'",
        Key::Delete => "Del",
        Key::Escape => "Esc",
        _ => return ctx.format_shortcut(shortcut),
    };
    let text = ctx.format_shortcut(shortcut);
    let name = shortcut.logical_key;
    let stem = text.strip_suffix(name.name()).or_else(|| text.strip_suffix(name.symbol_or_name()));
    stem.map_or_else(|| text.clone(), |stem| format!("{stem}{sign}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::i18n::Tr;
    use crate::icons;

    #[test]
    fn commands_have_labels_icons_and_keys_of_their_own() {
        let tr = Tr::new(weft_model::Lang::En);
        let mut keys = BTreeSet::new();
        let mut labels = BTreeSet::new();
        for command in UiCommand::all() {
            assert_ne!(tr.t(command.label()), command.label(), "{command:?} has no text");
            assert!(labels.insert(command.label()), "{command:?}");
            assert!(icons::exists(command.icon()), "{command:?}");
            for shortcut in command.default_shortcuts() {
                assert!(keys.insert(format!("{shortcut:?}")), "{command:?}: {shortcut:?} is taken");
            }
        }
        for menu in Menu::ALL {
            assert!(UiCommand::all().any(|c| c.menu() == menu), "{menu:?} is empty");
        }
    }

    #[test]
    fn nothing_that_needs_a_project_is_enabled_without_one() {
        let nothing = Situation::default();
        for command in [UiCommand::Save, UiCommand::Run, UiCommand::Delete, UiCommand::Undo, UiCommand::Stop] {
            assert!(!command.enabled(&nothing), "{command:?}");
        }
        for command in [UiCommand::New, UiCommand::Open, UiCommand::Settings] {
            assert!(command.enabled(&nothing), "{command:?}");
        }
    }
}
