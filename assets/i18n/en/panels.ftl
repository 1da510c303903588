# The panels at the bottom: training, plan, resources, results, log.
not-available = not available

run-headline-ready = Ready
run-headline-refused = The run could not begin
run-headline-between = Between two steps
run-headline-epoch = { $node } · epoch { $epoch } of { $epochs }
run-headline-progress = { $node } · { $percent }
run-headline-paused = Paused · { $what }
run-headline-stopping = Stopping · { $what }
run-headline-done = Run #{ $run } done in { $time }
run-headline-stopped = Run #{ $run } stopped after { $time }
run-headline-interrupted = Run #{ $run } was interrupted
run-headline-failed = { $node } failed

run-status-running = running
run-status-done = done
run-status-failed = failed
run-status-stopped = stopped
run-status-interrupted = interrupted

part-train = train
part-validation = validation
part-test = test

training-empty = Press Run and watch it learn
training-empty-hint = Loss and accuracy appear here from the first step on.
training-waiting = Getting ready to learn
training-waiting-hint = The first points appear with the first steps.
training-nothing = No curves to show
training-nothing-hint = Choose a run at the left; a run whose result came from the cache trained nothing.
training-runs = Runs
training-run-now = now
training-smooth = Smooth
training-axis = Axis
training-epochs = epochs
training-steps = steps
training-step = step { $n }
training-loss = Loss
training-accuracy = Accuracy
training-log-axis = log
training-export = Save the curves as CSV…
training-thinned = thinned: smallest and greatest of each pixel column
training-left-out = { $n } points follow after the run
training-unreal = { $n } values are no numbers

resources-empty = No measurements yet
resources-empty-hint = Processor, memory, disk and network appear here as soon as they are measured.
resources-machine = Machine
resources-own = Weft
resources-window = last { $time }
resources-cpu = CPU
resources-memory = Memory
resources-disk = Disk
resources-network = Network
resources-gpu = GPU
resources-gpu-memory = GPU memory
resources-read = Read
resources-written = Written
resources-free = Free
resources-received = Received
resources-sent = Sent
resources-busy = Busy
resources-memory-used = Memory
resources-heat = Heat

results-empty = No results yet
results-empty-hint = An Evaluate node shows here how good the model is on samples it has never seen.
results-waiting = The evaluation comes at the end
results-waiting-hint = Accuracy, the measures of each class and the confusion matrix appear here.
results-choose = Which run and node to show
results-show-node = Show node
results-before = The same node in the run before
results-classes = Classes
results-class = Class
results-support = Samples
results-confusion = Confusion matrix
results-confusion-axes = Rows are true classes, columns predicted ones
results-cell = true { $truth }, predicted { $predicted }: { $count } samples ({ $share })

metric-accuracy = Accuracy
metric-precision = Precision
metric-recall = Recall
metric-f1 = F1
metric-loss = Loss
metric-roc-auc = ROC AUC
metric-mse = Mean squared error
metric-mae = Mean absolute error
metric-r2 = R²

log-empty = Nothing has happened yet
log-empty-hint = What runs do, and what goes wrong, is written here.
log-nothing-fits = No line fits
log-nothing-fits-hint = Lower the level, choose all nodes or search for something else.
log-level-debug = Debug
log-level-info = Info
log-level-warn = Warn
log-level-error = Error
log-level-hint = Show this level and what matters more
log-all-nodes = All nodes
log-node = Lines of { $node }
log-search = Search the log
log-copy = Copy the lines shown
log-count = { $shown } of { $all } lines

