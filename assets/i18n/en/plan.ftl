# The planner: the plan panel with its pages, costs, race, what-if and queue.

plan-empty = No plan yet
plan-empty-hint = Press Run: what will compute where and when appears here before it does.
plan-accessible = { $n ->
    [one] Plan of one task
   *[other] Plan of { $n } tasks
}
plan-shows = What is shown
plan-actual = actual
plan-critical = critical path
plan-critical-word = critical
plan-slack = slack
plan-transfers = transfers
plan-memory = memory
plan-search = Find a task
plan-zoom-in = Zoom in on time
plan-zoom-out = Zoom out of time
plan-fit = Show all of the time
plan-export = Export the plan
plan-export-png = Picture (PNG)…
plan-export-svg = Picture (SVG)…
plan-export-csv = Table (CSV)…
plan-export-trace = Chrome trace for Perfetto (JSON)…
filter-json = Traces (JSON)
plan-replanned = planned anew: { $reason }
plan-replans = { $n ->
    [one] Planned anew once
   *[other] Planned anew { $n } times
}
plan-makespan = makespan { $makespan }
plan-makespan-range = makespan { $makespan } ({ $range })
plan-bound = bound { $bound }
plan-bound-by = bound { $bound } ({ $by })
plan-gap = gap { $gap }
plan-proved = proved shortest
plan-one-by-one = one after another { $time }
plan-serial = W { $serial }
plan-speed-up = speed-up { $speedup }
plan-bound-path = path
plan-bound-area = area
plan-bound-memory = memory
plan-bound-energy = work
plan-bound-link = links
plan-bound-relaxation = modes
plan-bound-interval = intervals
plan-bound-proof = proof
plan-threads = { $n } threads
plan-busy = busy { $share }
plan-peak = peak { $used }
plan-now = now
plan-device = Device
plan-mode = Mode
plan-forecast = Forecast
plan-first-forecast = At first
plan-takes = Takes
plan-happened = Actual
plan-card-slack = Slack
plan-card-memory = Memory
plan-slack-none = none, critical
plan-memory-of = { $used } of { $all }
plan-result = Result
plan-cached = stands in the store
plan-idle = idle for { $long }: { $from } – { $to }
plan-why = Why here, why now
plan-waits-for = Waits for { $task }
plan-show-node = Show on the canvas
phase-train = train
phase-deploy = deploy

# Pages of the plan panel.
plan-page-chart = Gantt
plan-page-costs = Costs
plan-page-scheduler = Scheduler
plan-page-what-if = What if
plan-page-race = Race
plan-page-queue = Queue
plan-page = Page { $page }
plan-of-run = Run { $run }
plan-of-next = Next run
cmd-show-chart = Show the Gantt chart
cmd-show-costs = Costs of the next run
cmd-show-scheduler = Choose the scheduler
cmd-show-what-if = What if
cmd-show-race = Race of schedulers
cmd-show-queue = Queue of runs
cmd-queue-run = Queue a run

top-forecast = ≈ { $time }
top-forecast-hint = How long a run would take now: see what it costs and what it may take.
top-forecast-old = How long a run would have taken before the last changes: a new forecast is on its way.
node-expected = → { $time }
node-expected-critical = → { $time } · critical

# Costs and limits.
cost-none = No forecast yet
cost-refused = This cannot be planned
cost-blocked = The project has problems
cost-blocked-hint = { $n ->
    [one] One error keeps it from running: see the problems.
   *[other] { $n } errors keep it from running: see the problems.
}
cost-planning = planning
cost-while-running = not updated while a run is on
cost-range-hint = In nine of ten cases it takes this long.
cost-adopted = The next run follows the plan of { $rule }: { $time }
cost-unadopt = Plan anew instead
cost-cached = { $n } of { $all } results stand in the store.
cost-memory = Peak memory
cost-unknown = not known
cost-over = More than there is.
cost-disk = Disk
cost-disk-of = { $needed }, { $free } free
cost-changed = Changed so that it fits
limit-title = Limits
limit-hint = They hold for every run of this project on this machine and alter no result.
limit-value = Value of { $what }
limit-time = Time
limit-time-hint = The run is stopped after this long; what was learnt is kept.
limit-memory = Memory
limit-memory-hint = No plan uses more memory at once on a device.
limit-branches = Branches at once
limit-branches-hint = So many tasks compute at the same time at most.

# Scheduler.
scheduler-title = Scheduler
scheduler-no-parameters = It has no parameters.
scheduler-reset = Reset { $what }
scheduler-time = Time to search
scheduler-time-hint = How long the scheduler may look for a better plan; without, what suits the size of the graph.
scheduler-seed = Seed
scheduler-seed-hint = The same seed gives the same plan; without, that of the run.
parameter-population = Population
parameter-generations = Generations
parameter-crossover = Crossover
parameter-mutation = Mutation
parameter-particles = Particles
parameter-iterations = Iterations
parameter-inertia = Inertia
parameter-cognitive = Cognitive weight
parameter-social = Social weight
parameter-ants = Ants
parameter-evaporation = Evaporation
parameter-cooling = Cooling
parameter-pheromone-weight = Weight of pheromone
parameter-rank-weight = Weight of urgency
parameter-start-temperature = Temperature at first
parameter-end-temperature = Temperature at last
parameter-conflicts = Conflicts
parameter-window = Window

# What if.
what-if-empty = No plan to compare with
what-if-empty-hint = As soon as there is a forecast, its devices, limits and durations can be changed here.
what-if-makespan = Makespan
what-if-nothing = nothing is supposed yet
what-if-base = As it is
what-if-supposed = As it would be
what-if-devices = Devices
what-if-there-hint = Untick to see the plan without this device.
what-if-capacity = Tasks at once
what-if-memory = Memory
what-if-speed = Speed
what-if-of = { $what } of { $device }
what-if-like = one more like { $device }
what-if-add = Add a device
what-if-remove = Remove { $device }
what-if-reset = Suppose nothing
what-if-durations = Durations
what-if-durations-hint = Select nodes on the canvas to make them longer or shorter.
what-if-duration = Duration of { $node }

# Race.
race-empty = No race yet
race-empty-hint = All schedulers plan this very graph, and the best plan can be taken.
race-begin = Race
race-again = Race again
race-stop = Stop the race
race-time = Time of each
race-time-hint = How long each scheduler may search.
race-rules = { $n ->
    [one] one scheduler
   *[other] { $n } schedulers
}
race-outdated = of an earlier state of the graph
race-chart = Best makespan found, over seconds of search
race-bound = bound
race-rule = algorithm
race-makespan = makespan
race-gap = gap
race-found = found after
race-proved = proved
race-yes = No plan can be shorter.
race-no = Not proved.
race-best = The best of all.
race-adopt = Use
race-adopt-name = Use the plan of { $rule }
race-adopt-hint = The next run follows this plan.
race-adopted = in use

# Queue.
queued = Queued
queue-it-title = A run is on
queue-it-text = The new run can wait in the queue and begin as soon as this one has ended. It keeps the project as it is now.
queue-it = Queue it
queue-hold = Hold the queue
queue-go-on = Let the queue go on
queue-hold-hint = While it is held, no waiting run begins.
queue-held = held: nothing begins
queue-empty = No runs wait
queue-empty-hint = Runs that are begun while another is on wait here; they survive a restart.
queue-run = { $place }. { $project }
queue-seed = seed { $seed }
queue-remove = Remove { $project } at { $place }
queue-up = Move { $project } at { $place } up
queue-down = Move { $project } at { $place } down
queue-keys = Drag a row, or select it and press Alt+↑ or Alt+↓ to move it, Del to remove it.

# How a node is planned, in the inspector.
edit-set-planning = change planning
planning-title = Planning
planning-hint = How its task is planned. What may alter results is only what you allow here.
planning-priority = Priority
planning-priority-hint = Of plans of the same length, the one is taken in which nodes of higher priority end earlier; 0 to 1000.
planning-retries = Retries
planning-retries-hint = How often it is tried again after an error.
planning-time = Time limit
planning-time-hint = It is stopped after this long.
planning-memory = Memory limit
planning-memory-hint = It is stopped when it takes more memory than this.
planning-threads = Threads
planning-threads-hint = Threads on a processor; without, what the planner finds best.
planning-devices = Devices
planning-devices-hint = Where it may be computed. Results differ a little from device to device.
planning-devices-any = Where the run computes.
planning-device = May compute on { $device }
planning-alternatives = { $param } may also be
planning-alternatives-hint = The planner may choose one of these. It alters results, so it is kept with the run.
planning-alternative = { $param } may be { $value }
