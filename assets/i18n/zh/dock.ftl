# 停靠面板、布局、历史面板，以及运行时关闭窗口。

## 面板
tab-canvas = 画布
tab-palette = 节点
tab-inspector = 检查器
tab-history = 历史
dock-handle = 拖动可移动面板；右键查看更多
dock-close-panel = 关闭{ $panel }
menu-panels = 面板
menu-layouts = 布局
cmd-show-canvas = 显示面板：画布
cmd-show-palette = 显示面板：节点
cmd-show-inspector = 显示面板：检查器
cmd-show-training = 显示面板：训练
cmd-show-plan = 显示面板：计划
cmd-show-resources = 显示面板：资源
cmd-show-results = 显示面板：结果
cmd-show-problems = 显示面板：问题
cmd-show-log = 显示面板：日志
cmd-show-history = 显示面板：历史
cmd-dock-left = 面板停靠到左侧
cmd-dock-right = 面板停靠到右侧
cmd-dock-top = 面板停靠到上方
cmd-dock-bottom = 面板停靠到下方
cmd-close-panel = 关闭面板
cmd-next-panel = 下一个面板
cmd-previous-panel = 上一个面板
cmd-next-tab = 下一个标签页
cmd-previous-tab = 上一个标签页
cmd-reset-layout = 重置布局
cmd-layouts = 保存和管理布局…

## 布局
layouts-title = 布局
layouts-none = 给当前的面板布局起个名字，在任何项目中都可以恢复它。
layouts-name = 当前布局的名称
layouts-save = 保存
layouts-replace = 替换
layouts-forget = 删除布局{ $name }

## 历史
history-start = 开始
history-step = { $what } { $node }
history-now = 当前状态
history-saved = 已保存
history-undone = 已撤销

## 关闭
closing-title = 正在运行
closing-text = 关闭窗口后 Weft 无法继续计算。关闭将停止运行，目前学到的内容会保留。
closing-stop = 停止并关闭

## 按键
keys-gestures = 画布操作
