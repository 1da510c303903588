# What is kept and can be cleared, folders that are shown, pictures that are copied.

settings-kept = Kept to save time
settings-kept-hint = All of it can be made again. Projects, runs and what runs have measured are not among it.
kept-results = Results
kept-results-hint = Models, prepared data and histories of runs. The next run computes them again.
kept-checkpoints = Checkpoints
kept-checkpoints-hint = Runs that were stopped or interrupted begin their training anew. Checkpoints without use for 30 days go by themselves.
kept-previews = Previews
kept-previews-hint = Data are looked at again when a node is shown.
kept-bundles = Unpacked bundles
kept-bundles-hint = A bundle is unpacked again when it is opened. Those without use for 30 days go by themselves.
kept-clear = Clear { $what }…
kept-clear-all = Clear all…
kept-question = Clear { $size }?
kept-in-use = What an open project or a run that is on uses stays.
kept-yes = Clear
kept-cleared = { $size } cleared

plot-copy = Copy as picture
plot-copied = The plot is on the clipboard
plot-not-copied = The plot could not be copied

cmd-show-folder = Show project folder
folder-show = Show folder in the file manager
folder-gone = { $folder } does not exist.
block-show-folder = Show folder of blocks
results-show-files = Show files

menu-recent = Open recent
