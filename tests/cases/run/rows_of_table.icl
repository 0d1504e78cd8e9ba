t = sweep n in [4, 8] { record a = n }
print t[5]
