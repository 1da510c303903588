# Workflows of other programs

cmd-import = 导入…
dialog-import = 导入工作流
filter-workflows = 工作流 (WfCommons、STG) 与项目包

# On the node of a timed task, before how long it takes
timed-train = 训练
timed-deploy = 部署
timed-run = 运行
timed-memory = 内存
