architecture scalar given x[t, d], y[t] { predict sum(x) + sum(y) }
print init(scalar(), linear(3))
