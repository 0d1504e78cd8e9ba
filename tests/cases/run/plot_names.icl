t = sweep n in [4, 8] { record a = "text {n}", b = n }
plot t { x = n, y = a }
