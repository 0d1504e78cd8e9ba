task
task t
algorithm a() X[n, d] { predict 1 }
fn f(x:) { return x }
fn g(x =) { return x }
layer l given { return 1 }
fn h(x) -> { return x }
option
option o: int
param
