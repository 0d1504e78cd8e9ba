# Values of the script: options of measures, tables, plots, files.
t = sweep n in [4, 8] { record risk = risk(zero, noisy_linear(n)) }
print risk(zero, noisy_linear(4), trials = 0)
print risk(zero, noisy_linear(4), seed = -1)
print risk(zero, noisy_linear(4), se = 0.0)
print risk(zero, noisy_linear(4), max_trials = 10)
print t.rsk
print t[1.5]
plot t { x = n, y = risk, yscale = "logarithmic" } to "t.svg"
plot t { x = n } to "t.svg"
plot t { x = n, y = risk, hue = n } to "t.svg"
save t to "t.xlsx"
save 3 to "t.csv"
plot 3 { x = n, y = n }
assert 3
record a = 3
save t to "icl.sqlite"
