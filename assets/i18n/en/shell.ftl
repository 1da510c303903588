# The window: menus, dialogs, start page, inspector, canvas. What the panels say stands in panels.ftl.


## Menus
menu-file = File
menu-edit = Edit
menu-view = View
menu-run = Run
menu-help = Help
menu-align = Align

## Commands
cmd-new = New project
cmd-open = Open…
cmd-save = Save
cmd-save-as = Save as…
cmd-export = Export bundle…
cmd-start = Start page
cmd-settings = Settings…
cmd-quit = Quit
cmd-undo = Undo
cmd-redo = Redo
cmd-cut = Cut
cmd-copy = Copy
cmd-paste = Paste
cmd-paste-inputs = Paste keeping inputs
cmd-duplicate = Duplicate
cmd-add-node = Add node
cmd-delete = Delete
cmd-delete-reconnect = Delete and reconnect
cmd-select-all = Select all
cmd-select-none = Select nothing
cmd-find = Find node…
cmd-arrange = Arrange automatically
cmd-align-left = Align left
cmd-align-center = Align centre
cmd-align-right = Align right
cmd-align-top = Align top
cmd-align-middle = Align middle
cmd-align-bottom = Align bottom
cmd-distribute-horizontally = Distribute horizontally
cmd-distribute-vertically = Distribute vertically
cmd-palette = Command palette…
cmd-fit-all = Fit all
cmd-fit-selection = Fit selection
cmd-zoom-in = Zoom in
cmd-zoom-out = Zoom out
cmd-zoom-actual = Zoom to 100 %
cmd-toggle-left = Palette
cmd-toggle-right = Inspector
cmd-toggle-bottom = Panels
cmd-toggle-minimap = Minimap
cmd-switch-theme = Switch dark and light
cmd-switch-language = Switch language
cmd-run = Run
cmd-run-fresh = Run anew, without the cache
cmd-run-to-here = Run to the selected node
cmd-pause = Pause
cmd-continue = Continue
cmd-stop = Stop
cmd-keys = Keys
cmd-about = About Weft

## Edits, as undo names them
edit-add-node = add node
edit-connect = connect
edit-reconnect = move wire
edit-cut-wires = cut wires
edit-move-wires = move wires
edit-insert = insert into a wire
edit-delete = delete
edit-delete-reconnect = delete and reconnect
edit-cut = cut
edit-paste = paste
edit-duplicate = duplicate
edit-arrange = arrange
edit-align = align
edit-move = move
edit-rebase = keep data folders
edit-rename = rename
edit-set-param = change parameter
undone = Undone: { $what }
redone = Redone: { $what }

## Top bar
start-name = Start
project-unnamed = Untitled
top-unsaved = Not saved yet
top-left = ≈ { $time } left
device-unknown = Looking for devices
device-hint = What the next run computes on
device-choose = Compute on
device-auto = Automatic: the fastest that passed its self-test
device-cpu = CPU · { $n } threads

## Status bar
status-no-problems = No problems
status-saved = Saved { $time }

## Start page
start-heading = Draw it, see what it costs, run it
start-sentence = Begin with a sample, or drop a project onto the window.
start-new = New project
start-samples = Samples
start-no-samples = No samples were found beside the program.
start-recent = Recent
start-no-recent = Projects that you open are listed here.
start-forget = Remove from the list
recovery-title = Recover the last edits?
recovery-discard = Discard
recovery-recover = Recover
recovery-torn = The very last change before the crash could not be read.
when-yesterday = yesterday
when-mon = Monday
when-tue = Tuesday
when-wed = Wednesday
when-thu = Thursday
when-fri = Friday
when-sat = Saturday
when-sun = Sunday

## Palette and canvas
palette-search = Search nodes
palette-nothing = Nothing fits.
add-menu-hint = Add a node
add-menu-compatible = Compatible nodes
finder-nodes = Find a node by its name or kind
finder-commands = Find a command
finder-nothing = Nothing found
finder-more = { $n } more: type on to narrow them down
canvas-empty = An empty workflow
canvas-empty-hint = Double-click to add a node, or drag one from the left
canvas-empty-hint-keys = Double-click or press { $keys } to add a node, or drag one from the left
node-fitted = mean { $mean } · std { $std }
canvas-same-side = join an output to an input
canvas-other-side = wires move to a port on the same side

## Nodes
node-accessible = Node: { $name }, { $state }
node-unknown-kind = unknown kind
node-elapsed = { $elapsed } elapsed
node-elapsed-left = { $elapsed } elapsed · { $left } left
node-parameters = { $n } parameters
node-layers = { $n } layers
node-network-broken = shapes do not fit
node-epoch = epoch
node-train = { $epochs } epochs · batches of { $batch }
node-best-validation = best validation
node-val = val
node-validation-accuracy = validation accuracy
node-accuracy = accuracy
node-test-accuracy = test accuracy
node-split = { $share } for validation
state-ready = ready
state-waiting = waiting
state-running = running
state-done = done
state-cached = cached
state-failed = failed
state-stopped = stopped
state-skipped = skipped
state-problem = has a problem
state-warning = has a warning

## Inspector
inspector-project = Project
inspector-title = Title
inspector-seed = Seed
inspector-seed-help = Start of all random numbers of a run: the same seed gives the same numbers.
inspector-seed-wrong = a whole number of at least 0
inspector-nodes = Nodes
inspector-wires = Wires
inspector-file = File
inspector-unsaved = not saved yet
inspector-hint = Select a node to see its parameters.
inspector-many = { $n } nodes selected
inspector-many-hint = Select one of them to see its parameters.
inspector-parameters = Parameters
inspector-help = Help
inspector-name = Name
inspector-rename = Click to rename
inspector-name-taken = Another node has this name: choose another.
inspector-unknown = This version does not know this kind of node. It is kept as it is.
inspector-no-parameters = Nothing to set.
inspector-auto = auto
inspector-pick-folder = Choose a folder…
inspector-reset = Reset { $param }
inspector-reset-hint = Changed. Click for the default: { $value }
inspector-epoch = epoch { $epoch } of { $epochs }
inspector-inputs = Inputs
inspector-outputs = Outputs
inspector-optional = · optional
layers-name = Name
layers-type = Type
layers-shape = Output
layers-parameters = Parameters
layers-flops = Forward pass
layers-activations = Activations
layers-unknown = Wire the network to a Train node with data to see its shapes.
layers-presets = Take another network

## Panels
tab-training = Training
tab-plan = Plan
tab-resources = Resources
tab-results = Results
tab-problems = Problems
tab-log = Log
panels-fold = Fold the panels
panels-unfold = Unfold the panels
problems-none = No problems

## Runs
run-refused = The run could not begin
run-empty = The workflow is empty: add a node first.
engine-silent = The engine does not answer: save the project and start Weft again.

## Files
dialog-open = Open a project
dialog-save = Save the project
dialog-export = Export a bundle
dialog-folder = Choose a folder
dialog-save-text = Save
filter-projects = Weft projects and bundles
filter-project = Weft project
filter-bundle = Weft bundle
open-failed = The project could not be opened
save-failed = The file could not be saved
export-failed = The bundle could not be written
saved = Saved { $name }
exported = Exported { $name }
exporting = Writing the bundle…
unsaved-title = Save the changes to { $name }?
unsaved-text = They are lost otherwise.
unsaved-save = Save
unsaved-discard = Don't save

## Windows
ok = OK
cancel = Cancel
close = Close
settings-title = Settings
settings-theme = Theme
settings-theme-dark = Dark
settings-theme-light = Light
settings-theme-system = System
settings-language = Language
settings-scale = Interface scale
settings-motion = Motion
keys-title = Keys and gestures
keys-pan = Move the canvas
keys-pan-keys = middle-drag, Space+drag
keys-zoom = Zoom at the cursor
keys-zoom-keys = wheel
keys-add-select = Add to the selection
keys-add-select-keys = Shift+click, Ctrl+click
keys-break = Remove a port's wires
keys-break-keys = Alt+click
keys-wire = List of compatible nodes
keys-wire-keys = drop a wire on empty canvas
keys-cut = Cut wires
keys-cut-keys = Ctrl+right-drag across them
keys-move-wires = Move all wires of a port
keys-move-wires-keys = Ctrl+drag from it
keys-insert = Insert a node into a wire
keys-insert-keys = drop it on the wire
keys-free = Drag without snapping
keys-free-keys = Alt while dragging
keys-arrows = Go from node to node
keys-arrows-keys = arrow keys
keys-extend = Extend the selection
keys-extend-keys = Shift+arrow
keys-nudge = Nudge the selected nodes
keys-nudge-keys = Ctrl+arrow
about-text = Draw it, see what it costs, run it on any GPU, lose nothing, ship it: a workflow editor for deep learning.
about-licence = MIT or Apache-2.0

## With numbers
status-problems = { $n ->
    [one] 1 problem
   *[other] { $n } problems
}
run-blocked = { $n ->
    [one] One problem keeps this from running: see the list below.
   *[other] { $n } problems keep this from running: see the list below.
}
recovery-text = The program ended unexpectedly. "{ $name }" has unsaved changes, the last at { $time }.
edit-set-title = change title
edit-set-seed = change seed
dialog-unavailable = No file dialog can be opened: install xdg-desktop-portal with its backend for your desktop, or zenity. Until then, drop a file on the window, or start Weft with the file's name.
