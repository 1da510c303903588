# 底部面板：训练、计划、资源、结果、日志。
not-available = 不可用

run-headline-ready = 就绪
run-headline-refused = 运行无法开始
run-headline-between = 正在准备下一步
run-headline-epoch = { $node } · 第 { $epoch } 轮，共 { $epochs } 轮
run-headline-progress = { $node } · { $percent }
run-headline-paused = 已暂停 · { $what }
run-headline-stopping = 正在停止 · { $what }
run-headline-done = 运行 #{ $run } 已完成，用时 { $time }
run-headline-stopped = 运行 #{ $run } 在 { $time } 后停止
run-headline-interrupted = 运行 #{ $run } 被中断
run-headline-failed = { $node } 失败

run-status-running = 运行中
run-status-done = 完成
run-status-failed = 失败
run-status-stopped = 已停止
run-status-interrupted = 被中断

part-train = 训练
part-validation = 验证
part-test = 测试

training-empty = 点击“运行”，看它学习
training-empty-hint = 从第一步起，损失和准确率会显示在这里。
training-waiting = 正在准备训练
training-waiting-hint = 训练开始后，数据点会立即出现。
training-nothing = 没有可显示的曲线
training-nothing-hint = 请在左侧选择一次运行；结果来自缓存的运行没有训练。
training-runs = 运行
training-run-now = 当前
training-smooth = 平滑
training-axis = 横轴
training-epochs = 轮
training-steps = 步
training-step = 第 { $n } 步
training-loss = 损失
training-accuracy = 准确率
training-log-axis = 对数
training-export = 将曲线保存为 CSV…
training-thinned = 已精简：每列像素的最小值和最大值
training-left-out = 另有 { $n } 个点将在运行后补上
training-unreal = { $n } 个值不是数

resources-empty = 还没有测量值
resources-empty-hint = 测量开始后，处理器、内存、磁盘和网络会显示在这里。
resources-machine = 整机
resources-own = Weft
resources-window = 最近 { $time }
resources-cpu = CPU
resources-memory = 内存
resources-disk = 磁盘
resources-network = 网络
resources-gpu = GPU
resources-gpu-memory = 显存
resources-read = 读取
resources-written = 写入
resources-free = 可用空间
resources-received = 接收
resources-sent = 发送
resources-busy = 占用
resources-memory-used = 显存
resources-heat = 温度

results-empty = 还没有结果
results-empty-hint = “评估”节点会在这里显示模型在未见过的样本上的表现。
results-waiting = 评估在最后进行
results-waiting-hint = 准确率、各类别指标和混淆矩阵会显示在这里。
results-choose = 选择要显示的运行和节点
results-show-node = 显示节点
results-before = 同一节点在上一次运行中的值
results-classes = 类别
results-class = 类别
results-support = 样本数
results-confusion = 混淆矩阵
results-confusion-axes = 行为真实类别，列为预测类别
results-cell = 真实 { $truth }，预测 { $predicted }：{ $count } 个样本（{ $share }）

metric-accuracy = 准确率
metric-precision = 精确率
metric-recall = 召回率
metric-f1 = F1
metric-loss = 损失
metric-roc-auc = ROC AUC
metric-mse = 均方误差
metric-mae = 平均绝对误差
metric-r2 = R²

log-empty = 还没有发生任何事
log-empty-hint = 运行的过程和出现的问题会记录在这里。
log-nothing-fits = 没有符合条件的行
log-nothing-fits-hint = 请降低级别、选择所有节点或换个搜索词。
log-level-debug = 调试
log-level-info = 信息
log-level-warn = 警告
log-level-error = 错误
log-level-hint = 显示此级别及更重要的内容
log-all-nodes = 所有节点
log-node = { $node } 的行
log-search = 搜索日志
log-copy = 复制显示的行
log-count = { $shown } / { $all } 行

