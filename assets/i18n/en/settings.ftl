# Settings, keys, search, recovery and what the start page says beyond the shell.

## Commands
cmd-mute = Mute
cmd-bypass = Bypass
cmd-collapse = Collapse
cmd-frame-selection = Frame the selection
cmd-add-note = Add note
cmd-make-subgraph = Make subgraph
cmd-unpack = Unpack subgraph
cmd-enter-subgraph = Enter subgraph
cmd-leave-subgraph = Leave subgraph
cmd-save-block = Save as block…

## Settings
settings-search = Search the settings
settings-nothing = No setting answers that.
settings-on = On
settings-look = Look
settings-canvas = Canvas
settings-keys = Keys
settings-devices = Devices
settings-folders = Folders
settings-messages = Messages
settings-theme-hint = Colours of the whole window.
settings-language-hint = Of the window, the node catalogue and all messages.
settings-scale-hint = Size of text and everything else, from 0.75 to 2.
settings-motion-hint = With less motion the view does not glide and nothing turns.
settings-motion-desktop = As the desktop
settings-motion-desktop-reduced = As the desktop (less)
settings-motion-desktop-full = As the desktop (full)
settings-motion-reduced = Less
settings-motion-full = Full
settings-guides = Snap to other nodes
settings-guides-hint = Dragged nodes are drawn in line with edges and middles of others. Hold Alt to go free.
settings-grid = Snap to the grid
settings-grid-hint = Dragged nodes come to lie on the dots of the canvas. Hold Alt to go free.
settings-minimap = Minimap
settings-minimap-hint = For this project, and for those that you open for the first time.
settings-allowed = Allowed devices
settings-allowed-hint = A run uses the best allowed device that passes its self-test.
settings-devices-asked = The devices are being looked for.
settings-test-devices = Test again
settings-threads = Worker threads
settings-threads-all = As many as there are ({ $n })
settings-threads-hint = Threads that compute on the processor, from the next run on.
settings-data-dir = Data folder
settings-data-dir-hint = Settings, runs, results and recovery journals are kept here.
settings-measuring = Being measured
settings-reveal = Show in the file manager
settings-not-revealed = No file manager could be opened.
settings-autosave = Recovery journal
settings-autosave-hint = Changes are written down within { $s } s and can be recovered after a crash. A project's own file changes only when you save it.
settings-data-folders = Further folders for data
settings-data-folders-hint = Data that is not where a project says is looked for here too.
settings-data-folder-add = Add folder…
settings-data-folder-remove = Remove { $folder }
settings-data-folder-choose = Folder with data
settings-attention = Draw attention
settings-attention-hint = When a run ends while another window is in use.
settings-message-time = Messages stay for
settings-message-time-hint = Messages about errors stay four times as long.

## Keys
keys-change = Change keys…
keys-hint = A key that you add is taken away from the command that had it, if you agree.
keys-press = Press the key. Esc gives up.
keys-taken = { $key } belongs to ‘{ $command }’.
keys-take = Take it away
keys-swap = Swap
keys-refused-arrows = { $key } moves from node to node. Choose another key.
keys-refused-fixed = { $key } belongs to gestures and fields. Choose another key.
keys-refused-tab = { $key } goes from field to field. Choose another key.
keys-remove = Take { $key } away from { $command }
keys-add = Add a key to { $command }
keys-reset = Reset the keys of { $command }
keys-reset-all = Reset all

## Search for a node
add-menu-recent = Recent
add-menu-takes = Takes ‘{ $port }’ of { $node }
add-menu-gives = Gives ‘{ $port }’ of { $node }

## Start page
start-missing = Not found
start-forget-this = Remove { $name } from the list

## Recovery
recovery-sentence = The program ended unexpectedly. What was not saved is still there.
recovery-never-saved = Never saved to a file
recovery-changed = Unsaved changes, the last at { $time }
recovery-compare = View differences
recovery-compare-hide = Hide differences
recovery-comparing = Comparing with the file…
recovery-same = The file already has all of it.
recovery-more = and { $n } more
recovery-file-changed = The file was saved again since. Recovering leaves it as it is until you save.
recovery-file-missing = The file is gone or cannot be read.
recovery-really = Discard these changes? They cannot be brought back.
recovery-discard-sure = Discard for good
recovery-keep = Keep
recovery-later = Later
recovery-later-hint = They stay on the start page.
recovery-others = { $n ->
    [one] Another project can be recovered: see the start page.
   *[other] { $n } other projects can be recovered: see the start page.
}

## Scale and devices
cmd-scale-up = Draw the interface larger
cmd-scale-down = Draw the interface smaller
cmd-scale-actual = Draw the interface at 100 %
device-forbidden = Switched off in the settings.
