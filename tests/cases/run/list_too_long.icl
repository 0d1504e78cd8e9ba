y = [1, "a"]
for i in 0:40 { y = [y..., y...] }
print y
