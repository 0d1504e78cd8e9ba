# Calls in which more than one argument makes nodes of the tensor IR: C leaves open which is evaluated first, and the order
# of the nodes, hence a kernel's hash, would differ between compilers and machines. Makers are the functions that call one
# of `makers`, directly or not; a static function is known in its file alone.
#
#   awk -f order.awk FILE..    prints file, line and call of each

BEGIN { split("ir_add ir_param ir_input ir_region_new", makers); keyword = "^(if|for|while|switch|return|sizeof)$" }

FNR == 1 { name = ""; comment = 0 }

{
    text = stripped($0)
    line[++lines] = text
    file[lines] = FILENAME
    number[lines] = FNR
    if (text ~ /^[A-Za-z]/ && text ~ /\(/ && text !~ /;[ \t]*$/) begin(text)
    note_calls(text)
    if (text ~ /^}/) name = ""
}

END {
    for (i in makers) making[makers[i]] = 1
    do {
        grown = 0
        for (pair in calls) {
            split(pair, of, SUBSEP)
            if (!(of[1] in making) && resolve(home[of[1]], of[2]) in making) grown = making[of[1]] = 1
        }
    } while (grown)
    for (i = 1; i <= lines; i++) look(line[i], file[i], number[i])
}

# A line without comments and with the texts of literals blanked.
function stripped(s,    at) {
    gsub(/\\./, "", s)
    gsub(/"[^"]*"/, "\"\"", s)
    gsub(/'[^']*'/, "0", s)
    if (comment) {
        at = index(s, "*/")
        if (!at) return ""
        s = substr(s, at + 2)
        comment = 0
    }
    while (match(s, /\/\*/)) {
        at = index(substr(s, RSTART + 2), "*/")
        if (!at) {
            comment = 1
            return substr(s, 1, RSTART - 1)
        }
        s = substr(s, 1, RSTART - 1) " " substr(s, RSTART + 2 + at + 1)
    }
    return s
}

# The header of a function: `type name(`, or `MACRO(name)`.
function begin(s) {
    match(s, /[A-Za-z_0-9]+\(/)
    name = substr(s, RSTART, RLENGTH - 1)
    if (name ~ /^[A-Z]+$/) {
        sub(/^[^(]*\(/, "", s)
        sub(/[),].*/, "", s)
        name = "MACRO " s
    }
    if (FILENAME ~ /\.c$/ && s ~ /^static/) name = FILENAME " " name
    home[name] = FILENAME
}

function note_calls(s) {
    while (name != "" && match(s, /[A-Za-z_][A-Za-z_0-9]*\(/)) {
        calls[name, substr(s, RSTART, RLENGTH - 1)] = 1
        s = substr(s, RSTART + RLENGTH)
    }
}

function resolve(path, callee) {
    return (path " " callee) in home ? path " " callee : callee
}

# Walks the text with a frame for each open bracket: whose call it is, and how many arguments make nodes.
function look(s, path, at,    token, callee) {
    if (path != walked) {
        depth = 0
        walked = path
    }
    while (match(s, /[A-Za-z_][A-Za-z_0-9]*\(|[][(){},;]/)) {
        token = substr(s, RSTART, RLENGTH)
        s = substr(s, RSTART + RLENGTH)
        if (token ~ /\($/ || token ~ /^[[{]/) {
            depth++
            callee = token ~ /^[A-Za-z_]/ ? substr(token, 1, length(token) - 1) : ""
            frame[depth] = callee ~ keyword ? "" : callee
            where[depth] = at
            count[depth] = made[depth] = 0
        } else if (token == ",") {
            count[depth] += made[depth]
            made[depth] = 0
        } else if (token == ";") {
            count[depth] = made[depth] = 0
        } else if (depth > 0) {
            count[depth] += made[depth]
            if (frame[depth] != "" && count[depth] > 1)
                printf "%s:%d: arguments of %s make nodes in an order that C leaves open\n", path, where[depth], frame[depth]
            if (count[depth] || resolve(path, frame[depth]) in making) made[depth - 1] = 1
            depth--
        }
    }
}
