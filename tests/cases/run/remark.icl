# A script of nothing but a remark runs, too.
