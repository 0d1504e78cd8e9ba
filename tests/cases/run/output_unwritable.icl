# A file that cannot be written is an error with its reason.
language 1

t = sweep k in 1:3 { record v = k }
save t to "no/such/folder/t.csv"
