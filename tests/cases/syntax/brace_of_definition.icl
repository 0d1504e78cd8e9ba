task a(n: int) {
    prompt x, y

task b(n: int) {
    prompt x, y
}
