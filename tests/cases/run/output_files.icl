# A table in every form, figures to a file and to the terminal.
language 1

squares = sweep k in 1:6, kind in ["even", "odd"] {
    record value = k ** 2 if kind == "even" else 2 * k + 1
}
save squares to "squares.csv"
save squares to "squares.json"
save squares to "squares.npz"
plot squares { x = k, y = value, series = kind } to "squares.svg"
plot squares[kind == "even"] { x = k, y = value, kind = "bar" }
heatmap squares { x = k, y = kind, color = value }
