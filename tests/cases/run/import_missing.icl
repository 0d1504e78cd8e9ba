# An import of a file that is not there.
import "nothing.icl"
print 1
