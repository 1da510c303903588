# Quick fixes of problems.

cmd-fix-problems = 修复所有问题
edit-fix = 修复
fix-more = 更多修复方式
fix-item = 修复：{ $fix }
fix-outdated = 工作流已有变化：请重新查看该问题
fixed = 已修复：{ $what }
fixed-all = 已修复 { $n } 个问题
fixed-none = 没有可自动修复的问题：请按提示处理
