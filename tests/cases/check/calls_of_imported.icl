# What is wrong with a call of an imported definition is shown at the call first.
import "_definitions.icl"
W = ones(4, 4)
print apply(ones(2, 3), ones(4))
print glue(ones(2, 3), ones(4))
print risk(pooled(ones(2, 4)), linear(5), trials = 4)
print risk(mixes(W), linear(5), trials = 4)
print risk(widen(W) then ols, linear(5), trials = 4)
print risk(ols, drawn(5, W), trials = 4)
print init(arc(width = 5), linear(4))
