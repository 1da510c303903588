# Quick fixes of problems.

cmd-fix-problems = Fix all problems
edit-fix = fix
fix-more = More fixes
fix-item = Fix: { $fix }
fix-outdated = The workflow has changed since: look at the problem again
fixed = Fixed: { $what }
fixed-all = { $n ->
    [one] One problem fixed
   *[other] { $n } problems fixed
}
fixed-none = Nothing can be fixed without you: the problems say what to do
