# 窗口：菜单、对话框、开始页、检查器、画布。面板的文字在 panels.ftl。


## 菜单
menu-file = 文件
menu-edit = 编辑
menu-view = 视图
menu-run = 运行
menu-help = 帮助
menu-align = 对齐

## 命令
cmd-new = 新建项目
cmd-open = 打开…
cmd-save = 保存
cmd-save-as = 另存为…
cmd-export = 导出项目包…
cmd-start = 开始页
cmd-settings = 设置…
cmd-quit = 退出
cmd-undo = 撤销
cmd-redo = 重做
cmd-cut = 剪切
cmd-copy = 复制
cmd-paste = 粘贴
cmd-paste-inputs = 粘贴并保留输入
cmd-duplicate = 创建副本
cmd-add-node = 添加节点
cmd-delete = 删除
cmd-delete-reconnect = 删除并重新连接
cmd-select-all = 全选
cmd-select-none = 取消选择
cmd-find = 查找节点…
cmd-arrange = 自动排列
cmd-align-left = 左对齐
cmd-align-center = 水平居中
cmd-align-right = 右对齐
cmd-align-top = 顶端对齐
cmd-align-middle = 垂直居中
cmd-align-bottom = 底端对齐
cmd-distribute-horizontally = 水平等距分布
cmd-distribute-vertically = 垂直等距分布
cmd-palette = 命令面板…
cmd-fit-all = 适应全部
cmd-fit-selection = 适应所选
cmd-zoom-in = 放大
cmd-zoom-out = 缩小
cmd-zoom-actual = 缩放到 100 %
cmd-toggle-left = 节点面板
cmd-toggle-right = 检查器
cmd-toggle-bottom = 底部面板
cmd-toggle-minimap = 小地图
cmd-switch-theme = 切换深色与浅色
cmd-switch-language = 切换语言
cmd-run = 运行
cmd-run-fresh = 全部重新运行（不用缓存）
cmd-run-to-here = 运行到所选节点
cmd-pause = 暂停
cmd-continue = 继续
cmd-stop = 停止
cmd-keys = 快捷键
cmd-about = 关于 Weft

## 撤销时显示的步骤名
edit-add-node = 添加节点
edit-connect = 连线
edit-reconnect = 移动连线
edit-cut-wires = 切断连线
edit-move-wires = 移动多条连线
edit-insert = 插入连线
edit-delete = 删除
edit-delete-reconnect = 删除并重新连接
edit-cut = 剪切
edit-paste = 粘贴
edit-duplicate = 创建副本
edit-arrange = 自动排列
edit-align = 对齐
edit-move = 移动
edit-rebase = 保持数据路径
edit-rename = 重命名
edit-set-param = 修改参数
undone = 已撤销：{ $what }
redone = 已重做：{ $what }

## 顶栏
start-name = 开始
project-unnamed = 未命名
top-unsaved = 尚未保存
top-left = 约剩 { $time }
device-unknown = 正在查找设备
device-hint = 下一次运行所用的设备
device-choose = 计算设备
device-auto = 自动：通过自检的最快设备
device-cpu = CPU · { $n } 线程

## 状态栏
status-no-problems = 没有问题
status-saved = 已保存 { $time }

## 开始页
start-heading = 画出来，看清代价，运行
start-sentence = 从样例开始，或把项目文件拖到窗口里。
start-new = 新建项目
start-samples = 样例
start-no-samples = 程序旁没有找到样例。
start-recent = 最近打开
start-no-recent = 打开过的项目会列在这里。
start-forget = 从列表中移除
recovery-title = 恢复上次的编辑？
recovery-discard = 放弃
recovery-recover = 恢复
recovery-torn = 崩溃前的最后一处更改无法读取。
when-yesterday = 昨天
when-mon = 周一
when-tue = 周二
when-wed = 周三
when-thu = 周四
when-fri = 周五
when-sat = 周六
when-sun = 周日

## 节点面板与画布
palette-search = 搜索节点
palette-nothing = 没有匹配的节点。
add-menu-hint = 添加节点
add-menu-compatible = 可连接的节点
finder-nodes = 按名称或种类查找节点
finder-commands = 查找命令
finder-nothing = 没有匹配项
finder-more = 还有 { $n } 项：请继续输入以缩小范围
canvas-empty = 空的工作流
canvas-empty-hint = 双击添加节点，或从左侧拖入
canvas-empty-hint-keys = 双击或按 { $keys } 添加节点，或从左侧拖入
node-fitted = 均值 { $mean } · 标准差 { $std }
canvas-same-side = 请把输出连到输入
canvas-other-side = 连线只能移到同一侧的端口

## 节点
node-accessible = 节点：{ $name }，{ $state }
node-unknown-kind = 未知类型
node-elapsed = 已用 { $elapsed }
node-elapsed-left = 已用 { $elapsed } · 剩余 { $left }
node-parameters = { $n } 个参数
node-layers = { $n } 层
node-network-broken = 形状不匹配
node-epoch = 轮次
node-train = { $epochs } 轮 · 每批 { $batch } 个样本
node-best-validation = 最佳验证
node-val = 验证
node-validation-accuracy = 验证准确率
node-accuracy = 准确率
node-test-accuracy = 测试准确率
node-split = { $share } 用于验证
state-ready = 就绪
state-waiting = 等待
state-running = 运行中
state-done = 完成
state-cached = 来自缓存
state-failed = 失败
state-stopped = 已停止
state-skipped = 已跳过
state-problem = 有问题
state-warning = 有警告

## 检查器
inspector-project = 项目
inspector-title = 标题
inspector-seed = 随机种子
inspector-seed-help = 运行中所有随机数的起点：相同的种子得到相同的数值。
inspector-seed-wrong = 请输入不小于 0 的整数
inspector-nodes = 节点
inspector-wires = 连线
inspector-file = 文件
inspector-unsaved = 尚未保存
inspector-hint = 选择一个节点以查看其参数。
inspector-many = 已选择 { $n } 个节点
inspector-many-hint = 只选一个即可查看其参数。
inspector-parameters = 参数
inspector-help = 帮助
inspector-name = 名称
inspector-rename = 点击重命名
inspector-name-taken = 已有同名节点：请换一个名称。
inspector-unknown = 本版本不认识这种节点，会原样保留。
inspector-no-parameters = 没有可设置的参数。
inspector-auto = 自动
inspector-pick-folder = 选择文件夹…
inspector-reset = 重置{ $param }
inspector-reset-hint = 已更改。点击恢复默认值：{ $value }
inspector-epoch = 第 { $epoch } / { $epochs } 轮
inspector-inputs = 输入
inspector-outputs = 输出
inspector-optional = · 可选
layers-name = 名称
layers-type = 类型
layers-shape = 输出
layers-parameters = 参数
layers-flops = 前向计算
layers-activations = 激活值
layers-unknown = 把网络接到有数据的“训练”节点即可看到形状。
layers-presets = 换用其他网络

## 面板
tab-training = 训练
tab-plan = 计划
tab-resources = 资源
tab-results = 结果
tab-problems = 问题
tab-log = 日志
panels-fold = 折叠面板
panels-unfold = 展开面板
problems-none = 没有问题

## 运行
run-refused = 无法开始运行
run-empty = 工作流是空的：请先添加节点。
engine-silent = 引擎没有响应：请保存项目并重新启动 Weft。

## 文件
dialog-open = 打开项目
dialog-save = 保存项目
dialog-export = 导出项目包
dialog-folder = 选择文件夹
dialog-save-text = 保存
filter-projects = Weft 项目与项目包
filter-project = Weft 项目
filter-bundle = Weft 项目包
open-failed = 无法打开项目
save-failed = 无法保存文件
export-failed = 无法写入项目包
saved = 已保存 { $name }
exported = 已导出 { $name }
exporting = 正在写入项目包…
unsaved-title = 保存对 { $name } 的更改？
unsaved-text = 否则这些更改会丢失。
unsaved-save = 保存
unsaved-discard = 不保存

## 窗口
ok = 好
cancel = 取消
close = 关闭
settings-title = 设置
settings-theme = 主题
settings-theme-dark = 深色
settings-theme-light = 浅色
settings-theme-system = 跟随系统
settings-language = 语言
settings-scale = 界面缩放
settings-motion = 动效
keys-title = 快捷键与手势
keys-pan = 移动画布
keys-pan-keys = 中键拖动，空格+拖动
keys-zoom = 以光标为中心缩放
keys-zoom-keys = 滚轮
keys-add-select = 加入选择
keys-add-select-keys = Shift+单击，Ctrl+单击
keys-break = 断开端口的连线
keys-break-keys = Alt+单击
keys-wire = 可连接节点的列表
keys-wire-keys = 把连线放到空白处
keys-cut = 切断连线
keys-cut-keys = 按住 Ctrl 右键划过连线
keys-move-wires = 移动端口的全部连线
keys-move-wires-keys = 从端口 Ctrl+拖动
keys-insert = 把节点插入连线
keys-insert-keys = 把节点放到连线上
keys-free = 拖动时不对齐
keys-free-keys = 拖动时按住 Alt
keys-arrows = 在节点之间移动
keys-arrows-keys = 方向键
keys-extend = 扩展选择
keys-extend-keys = Shift+方向键
keys-nudge = 微移所选节点
keys-nudge-keys = Ctrl+方向键
about-text = 画出来，看清代价，在任何 GPU 上运行，什么都不丢失，交付成果：面向深度学习的工作流编辑器。
about-licence = MIT 或 Apache-2.0 许可

## 含数量
status-problems = { $n } 个问题
run-blocked = 有 { $n } 个问题使其无法运行：见下方列表。
recovery-text = 程序意外关闭。“{ $name }”有未保存的修改，最后一次在 { $time }。
edit-set-title = 修改标题
edit-set-seed = 修改随机种子
dialog-unavailable = 无法打开文件对话框：请安装 xdg-desktop-portal 及其桌面后端，或 zenity。在此之前，可以把文件拖到窗口上，或在启动 Weft 时给出文件名。
