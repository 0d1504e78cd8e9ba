x = 1
Ïƒ = 2   # café
