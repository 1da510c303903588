# 空间不足时代替按钮行的文字，以及标签旁的箭头。
top-menu = 菜单
log-filter = 筛选日志行
fix-all-of-it = 修复方法
dock-tabs-left = 向左滚动标签
dock-tabs-right = 向右滚动标签
