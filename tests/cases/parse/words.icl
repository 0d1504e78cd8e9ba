# Words of statements are ordinary names elsewhere; keywords are names after `.` and of arguments and columns.
state = 3
plot = 1
print = 2
print print
test = f(task = 1, layer = 2, in = 3)
print x.T, x.for, { task: 1, if = 2, layer }
record = state + plot
save.option
fn f(state, prompt: int) { return state + prompt }
task t(truth = 1, to = 2) {
    state[3] ~ normal(0, 1)
    tap = truth
    prompt state, tap truth to
}
plot to { x = to } to "to.svg"
