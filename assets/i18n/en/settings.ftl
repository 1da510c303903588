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
