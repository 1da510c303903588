# Settings, keys, search, recovery and what the start page says beyond the shell.

## Commands
cmd-mute = 停用
cmd-bypass = 绕过
cmd-collapse = 折叠
cmd-frame-selection = 为所选添加框
cmd-add-note = 添加便签
cmd-make-subgraph = 创建子图
cmd-unpack = 展开子图
cmd-enter-subgraph = 进入子图
cmd-leave-subgraph = 离开子图
cmd-save-block = 保存为模块…
