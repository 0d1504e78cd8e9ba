print later, twice(1)
later = 3
fn twice(x) { return later * x }
if later == 3 { inside = 1 }
print inside
