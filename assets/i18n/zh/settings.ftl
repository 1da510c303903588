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

## 设置
settings-search = 搜索设置
settings-nothing = 没有匹配的设置。
settings-on = 开启
settings-look = 外观
settings-canvas = 画布
settings-keys = 快捷键
settings-devices = 设备
settings-folders = 文件夹
settings-messages = 消息
settings-theme-hint = 整个窗口的颜色。
settings-language-hint = 窗口、节点目录与所有消息的语言。
settings-scale-hint = 文字及其他一切的大小，0.75 至 2。
settings-motion-hint = 减少动效时，视图不滑动，也没有转动的图标。
settings-motion-desktop = 跟随系统
settings-motion-desktop-reduced = 跟随系统（减少）
settings-motion-desktop-full = 跟随系统（完整）
settings-motion-reduced = 减少
settings-motion-full = 完整
settings-guides = 与其他节点对齐
settings-guides-hint = 拖动节点时与其他节点的边和中线对齐。按住 Alt 可自由移动。
settings-grid = 对齐网格
settings-grid-hint = 拖动的节点会落在画布的网点上。按住 Alt 可自由移动。
settings-minimap = 小地图
settings-minimap-hint = 用于当前项目，以及首次打开的项目。
settings-allowed = 允许的设备
settings-allowed-hint = 运行使用通过自检的、允许的最佳设备。
settings-devices-asked = 正在查找设备。
settings-test-devices = 重新检测
settings-threads = 工作线程
settings-threads-all = 全部（{ $n }）
settings-threads-hint = 在处理器上计算的线程数，从下次运行起生效。
settings-data-dir = 数据文件夹
settings-data-dir-hint = 设置、运行、结果与恢复日志保存在此。
settings-measuring = 正在统计大小
settings-reveal = 在文件管理器中显示
settings-not-revealed = 无法打开文件管理器。
settings-autosave = 恢复日志
settings-autosave-hint = 更改会在 { $s } 秒内记录下来，崩溃后可以恢复。项目文件本身只在保存时改变。
settings-data-folders = 其他数据文件夹
settings-data-folders-hint = 不在项目所示位置的数据也会在这里查找。
settings-data-folder-add = 添加文件夹…
settings-data-folder-remove = 移除 { $folder }
settings-data-folder-choose = 存放数据的文件夹
settings-attention = 提醒
settings-attention-hint = 当运行结束而您正在使用其他窗口时。
settings-message-time = 消息停留时间
settings-message-time-hint = 错误消息停留四倍的时间。

## 快捷键
keys-change = 更改快捷键…
keys-hint = 添加的快捷键若已属于其他命令，会在您同意后移过来。
keys-press = 请按下快捷键，Esc 放弃。
keys-taken = { $key } 属于“{ $command }”。
keys-take = 移过来
keys-swap = 交换
keys-refused-arrows = { $key } 用于在节点之间移动，请选择其他键。
keys-refused-fixed = { $key } 用于手势与输入框，请选择其他键。
keys-refused-tab = { $key } 用于在控件之间移动，请选择其他键。
keys-remove = 从“{ $command }”移除 { $key }
keys-add = 为“{ $command }”添加快捷键
keys-reset = 重置“{ $command }”的快捷键
keys-reset-all = 全部重置

## 搜索节点
add-menu-recent = 最近使用
add-menu-takes = 可接收 { $node } 的“{ $port }”
add-menu-gives = 可提供 { $node } 的“{ $port }”

## 开始页
start-missing = 未找到
start-forget-this = 从列表移除 { $name }

## 恢复
recovery-sentence = 程序意外关闭，未保存的内容仍在。
recovery-never-saved = 从未保存到文件
recovery-changed = 有未保存的修改，最后一处在 { $time }
recovery-compare = 查看差异
recovery-compare-hide = 隐藏差异
recovery-comparing = 正在与文件比较…
recovery-same = 文件中已有全部内容。
recovery-more = 以及另外 { $n } 处
recovery-file-changed = 该文件此后又被保存过。恢复不会改动它，直到您保存。
recovery-file-missing = 该文件已不在或无法读取。
recovery-really = 放弃这些修改？放弃后无法找回。
recovery-discard-sure = 彻底放弃
recovery-keep = 保留
recovery-later = 稍后
recovery-later-hint = 它们会留在开始页。
recovery-others = 还有 { $n } 个项目可以恢复：见开始页。

## 缩放与设备
cmd-scale-up = 放大界面
cmd-scale-down = 缩小界面
cmd-scale-actual = 界面缩放到 100 %
device-forbidden = 已在设置中停用。
