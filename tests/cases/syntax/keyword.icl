fn for(x) { return x }
task = 3
repeat = 4
print layer
x = if 3
else { print 1 }
