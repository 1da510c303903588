# Docking, layouts, the history panel, and closing while a run is on.

## Panels
tab-canvas = Canvas
tab-palette = Nodes
tab-inspector = Inspector
tab-history = History
dock-handle = Drag the panel to another place; right click for more
dock-close-panel = Close { $panel }
menu-panels = Panels
menu-layouts = Layouts
cmd-show-canvas = Show panel: Canvas
cmd-show-palette = Show panel: Nodes
cmd-show-inspector = Show panel: Inspector
cmd-show-training = Show panel: Training
cmd-show-plan = Show panel: Plan
cmd-show-resources = Show panel: Resources
cmd-show-results = Show panel: Results
cmd-show-problems = Show panel: Problems
cmd-show-log = Show panel: Log
cmd-show-history = Show panel: History
cmd-dock-left = Dock panel at the left
cmd-dock-right = Dock panel at the right
cmd-dock-top = Dock panel above
cmd-dock-bottom = Dock panel below
cmd-close-panel = Close panel
cmd-next-panel = Next panel
cmd-previous-panel = Previous panel
cmd-next-tab = Next tab
cmd-previous-tab = Previous tab
cmd-reset-layout = Reset layout
cmd-layouts = Save and manage layouts…

## Layouts
layouts-title = Layouts
layouts-none = Name the way the panels stand now, and come back to it in any project.
layouts-name = Name of the present layout
layouts-save = Save
layouts-replace = Replace
layouts-forget = Delete layout { $name }

## History
history-start = Beginning
history-step = { $what } { $node }
history-now = present state
history-saved = saved
history-undone = taken back

## Closing
closing-title = A run is going on
closing-text = Weft cannot go on computing without its window. If it is closed, the run is stopped and what was learnt so far is kept.
closing-stop = Stop and close

## Keys
keys-gestures = On the canvas
