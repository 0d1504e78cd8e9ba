language 1
option count: int = 3
option scale: real = 2.0
fn scaled(x: real) { return scale * x }
