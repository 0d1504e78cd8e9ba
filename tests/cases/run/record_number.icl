t = sweep n in [4, 8] { record n }
print t
