t = sweep n in [4, 8] { record a = n }
u = sweep n in [1] { record b = t }
print u
