# What stands in place of rows of buttons where there is little room, and the arrows beside tabs.
top-menu = Menu
log-filter = Filter the lines
fix-all-of-it = Fixes
dock-tabs-left = Scroll tabs to the left
dock-tabs-right = Scroll tabs to the right
