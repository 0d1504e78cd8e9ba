# Plots and heat maps.
t = sweep n in [4, 8] { record risk = risk(zero, linear(n), trials = 4) }
plot t { x = n, y = rsk } to "a.svg"
plot t { x = n, y = risk, xscale = "lg" } to "a.svg"
plot t { x = n, y = risk, kind = "pie" } to "a.svg"
plot t { x = n, y = risk, colour = n } to "a.svg"
plot t { x = n, y = risk, title = 3 } to "a.svg"
plot t { y = risk } to "a.svg"
plot 3 { x = 1, y = 2 } to "a.svg"
plot t { x = n, y = risk, band = "80" } to "a.svg"
plot t { x = n, y = risk } to 3
heatmap ones(3) to "a.svg"
heatmap t { x = n } to "a.svg"
save 3 to "x.csv"
save t to 7
save risk(zero, linear(4), trials = 3) to "e.csv"
m = load(encoder(), 3)
