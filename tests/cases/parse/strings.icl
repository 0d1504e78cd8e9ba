print "plain", "", "a {x} b {f("in {y}", k = {z: 1}[0])}"
print "{{braces}} \{too\} {x}{y}", "tab\t line\n quote\" back\\"
print "§ {d} σ = {sigma}"
