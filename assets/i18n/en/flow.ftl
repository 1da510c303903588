# Workflows of other programs

cmd-import = Import…
dialog-import = Import a workflow
filter-workflows = Workflows (WfCommons, STG) and bundles

# On the node of a timed task, before how long it takes
timed-train = train
timed-deploy = deploy
timed-run = run
timed-memory = memory
