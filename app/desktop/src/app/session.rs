//! What belongs to the open project and goes with it when another is opened. Must not act on it.

use std::time::Instant;

use super::fixing::Fixing;
use crate::canvas::Canvas;
use crate::dock::Dock;
use crate::document::OpenProject;
use crate::node_views::NodeViews;
use crate::preview_window::PreviewWindow;
use crate::settings::Layout;

/// What belongs to the open project and goes with it.
pub(super) struct Session {
    pub(super) project: OpenProject,
    pub(super) canvas: Canvas,
    pub(super) views: NodeViews,
    pub(super) preview: PreviewWindow,
    pub(super) dock: Dock,
    pub(super) layout: Layout,
    pub(super) saved_layout: Layout,
    pub(super) layout_at: Instant,
    /// Revision that the last check was asked for; none asks for one.
    pub(super) checked: Option<(u64, u64)>,
    pub(super) checking: bool,
    /// What the project was in the last frame.
    pub(super) noticed: Option<(u64, u64)>,
    /// Grows when problems or shapes have changed.
    pub(super) aspects: u64,
    /// Revision that stands in the journal.
    pub(super) recorded: u64,
    pub(super) recorded_at: Instant,
    pub(super) last_label: &'static str,
    pub(super) saving: bool,
    /// What fixes all problems is being looked for.
    pub(super) fixing: Option<Fixing>,
}

impl Session {
    pub(super) fn new(project: OpenProject, layout: Layout) -> Self {
        let mut canvas = Canvas::default();
        match layout.camera {
            Some(camera) => canvas.state.set_camera(camera),
            None => canvas.state.fit_all(),
        }
        let recorded = project.revision();
        Self {
            project,
            canvas,
            views: NodeViews::default(),
            preview: PreviewWindow::default(),
            dock: Dock::new(layout.dock.clone()),
            saved_layout: layout.clone(),
            layout,
            layout_at: Instant::now(),
            checked: None,
            checking: false,
            noticed: None,
            aspects: 0,
            recorded,
            recorded_at: Instant::now(),
            last_label: "edit",
            saving: false,
            fixing: None,
        }
    }
}
