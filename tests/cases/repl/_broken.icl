size = 100
print size + undefined
