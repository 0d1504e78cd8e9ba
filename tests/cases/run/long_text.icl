x = "ab"
for i in 0:40 { x = "{x}{x}" }
print 1
