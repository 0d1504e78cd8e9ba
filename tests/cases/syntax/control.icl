repeat { x = 1 }
repeat 3 until { x = 1 }
for i { x = 1 }
for i in { x = 1 }
if { x = 1 }
sweep { x = 1 }
x = sweep i in 0:3
predict
return
prompt x
save x
plot x
x = a if b
