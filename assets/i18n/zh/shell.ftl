# 窗口：菜单、对话框、开始页、检查器、画布。面板的文字在 panels.ftl。
menu-file = 文件
status-problems = { $n } 个问题
