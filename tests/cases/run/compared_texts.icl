# Texts that only the run knows compare like others.
language 1
x = risk(zero, linear(3), trials = 8)
print "{x}" == "{x}", "{x}" != "nothing"
if "{x}" == "{x}" { print "same" }
