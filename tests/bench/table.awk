# From measurements ("ROUND KEY VALUE") to a table and a JSON file. figures.txt, read first, has what is shown and how.
# Every figure and every ratio has its least, middle and greatest value; a ratio is of two figures of one turn.

function trim(s) {
    gsub(/^[ \t]+|[ \t]+$/, "", s)
    return s
}

function keep(key, turn, v) {
    value[key, ++count[key]] = v
    if (!((key, turn) in sum)) turns[key]++
    sum[key, turn] += v
    number[key, turn]++
}

# value[key, ..] in order; by insertion: they are few
function sorted(key,  i, j, v) {
    for (i = 1; i <= count[key]; i++) {
        v = value[key, i]
        for (j = i - 1; j >= 1 && list[j] > v; j--) list[j + 1] = list[j]
        list[j + 1] = v
    }
    least = list[1]
    most = list[count[key]]
    i = int((count[key] + 1) / 2)
    middle = count[key] % 2 ? list[i] : (list[i] + list[i + 1]) / 2
}

# Floating-point operations of a training step, a token: six for each parameter, and the attention's two products.
function flops(width,  layers, rows, parameters) {
    layers = 4
    rows = 41
    parameters = layers * (12 * width * width + 11 * width) + 17 * width + width + 2 * width + width + 1
    return 6 * parameters + 12 * layers * rows * width
}

function show(v) {
    return v == "" ? "" : v >= 1000 ? sprintf("%.0f", v) : v >= 100 ? sprintf("%.1f", v) : sprintf("%.3g", v)
}

function line(text, unit, goal) {
    if (goal != "") goal = "  (goal " goal ")"
    printf "%-64s %10s %10s %10s  %s%s\n", text, show(least), show(middle), show(most), unit, goal
}

FILENAME != file { file = FILENAME; part++ }
part == 1 && /^#|^[ \t]*$/ { next }
part == 1 { wish[++wishes] = $0; next }
{ if ($1 > last) last = $1; keep($2, $1, $3) }

# PyTorch at its best: the number of threads with the higher middle value
function best(width,  one, all) {
    if (!(count["w2." width ".torch.1"])) return
    sorted("w2." width ".torch.1")
    one = middle
    all = 0
    if (count["w2." width ".torch.all"]) {
        sorted("w2." width ".torch.all")
        all = middle
    }
    copy("w2." width (one >= all ? ".torch.1" : ".torch.all"), "w2." width ".torch", 1)
}

function mean(key, turn) {
    return sum[key, turn] / number[key, turn]
}

function copy(from, to, factor,  turn) {
    for (turn = 1; turn <= last; turn++)
        if ((from, turn) in sum) keep(to, turn, factor * mean(from, turn))
}

END {
    best(64)
    best(256)
    copy("w2.256.icl.all", "w2.256.flops", 1e-9 * flops(256))
    printf "%s; %d threads; lanes by hand: %s\n\n", version, threads, lanes == "" ? "none" : lanes
    printf "%-64s %10s %10s %10s\n", "", "least", "middle", "most"
    printf "{\"version\": \"%s\", \"threads\": %d, \"figures\": [", version, threads > json
    for (w = 1; w <= wishes; w++) {
        n = split(wish[w], part_of, "|")
        unit = trim(part_of[2])
        text = trim(part_of[3])
        key = trim(part_of[1])
        goal = ""
        if (key ~ /^=/) {
            split(key, word, " ")
            goal = unit
            unit = "x"
            key = "ratio." w
            for (turn = 1; turn <= last; turn++)
                if ((word[2], turn) in sum && (word[4], turn) in sum)
                    keep(key, turn, mean(word[2], turn) / mean(word[4], turn))
        }
        if (!count[key]) continue
        sorted(key)
        if (unit == "x" && !ratios++) print ""
        line(text, unit, goal)
        name = unit == "x" ? word[2] "/" word[4] : key
        printf "%s\n  {\"key\": \"%s\", \"text\": \"%s\", ", comma++ ? "," : "", name, text > json
        printf "\"unit\": \"%s\", ", unit > json
        printf "\"goal\": \"%s\", \"min\": %.6g, \"median\": %.6g, \"max\": %.6g}", goal, least, middle, most > json
    }
    print "\n]}" > json
}
