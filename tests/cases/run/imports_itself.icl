import "imports_itself.icl"
print 1
