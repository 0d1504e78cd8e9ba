option a: float = 1.0
fn f(x: reel[n], y: thing) -> int { return x }
option q: flot = 3
