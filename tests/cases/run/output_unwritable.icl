# A file that cannot be written is an error with its reason, before anything runs.
language 1

print 1
t = sweep k in 1:3 { record v = k }
save t to "/nowhere/t.csv"
