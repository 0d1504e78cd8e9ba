# A figure without a value that it could show.
language 1

t = sweep k in 1:3 { record v = -1.0 * k }
plot t { x = k, y = v, yscale = "log" } to "t.svg"
