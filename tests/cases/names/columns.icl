# Names that are not looked up: columns, paths, fields, names of arguments and records.
option d: int = 3
fn keep(t: table, v) { return t[method == v].risk }
results = sweep n in [8, 16], method in [ols(), ridge(a = 1.0)] {
    record risk = risk(method, linear(n, d)), other = n
}
print results[risk < 1 and other == 8].risk
print keep(results, "ols").zork
print results[missing].risk
k = 2
m = k with { attention[k].head[zork] = 0 }
