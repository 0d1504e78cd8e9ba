# flags: --format json
print 0:10:3, (0:4), 3:0:-1, 2:2, { a: 0:3 }
