# The window: menus, dialogs, start page, inspector, canvas. What the panels say stands in panels.ftl.
menu-file = File
status-problems = { $n ->
    [one] 1 problem
   *[other] { $n } problems
}
