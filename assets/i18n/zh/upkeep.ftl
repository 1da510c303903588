# 可清除的缓存、打开的文件夹、复制的图片。

settings-kept = 为节省时间而保留
settings-kept-hint = 这些都可以重新生成。项目、运行记录及其测量值不在其中。
kept-results = 结果
kept-results-hint = 运行得到的模型、处理后的数据与历史。下次运行会重新计算。
kept-checkpoints = 检查点
kept-checkpoints-hint = 已停止或中断的运行将重新开始训练。30 天未使用的检查点会自动清除。
kept-previews = 预览
kept-previews-hint = 显示节点时会重新查看数据。
kept-bundles = 解包的项目包
kept-bundles-hint = 打开项目包时会重新解包。30 天未使用的会自动清除。
kept-clear = 清除{ $what }…
kept-clear-all = 全部清除…
kept-question = 清除 { $size }？
kept-in-use = 打开的项目或正在进行的运行所使用的内容会保留。
kept-yes = 清除
kept-cleared = 已清除 { $size }

plot-copy = 复制为图片
plot-copied = 图表已复制到剪贴板
plot-not-copied = 无法复制图表

cmd-show-folder = 显示项目文件夹
folder-show = 在文件管理器中显示文件夹
folder-gone = { $folder } 不存在。
block-show-folder = 显示模块文件夹
results-show-files = 显示文件

menu-recent = 打开最近项目
