# Texts of messages in the sources that no expectation shows.
#
#     awk -f tests/messages.awk [-v known=FILE] SOURCES... = EXPECTATIONS...
#
# A text is a string in a call of ev_error, ev_warn, diag_new, diag_label, diag_note or diag_help, or the second of a row
# {"word", "hint"} of lang/; what is looked for is its longest part without conversions. Faults of icl itself (E_INTERNAL) are left out, and texts that begin as a line of
# `known` does: `text <tab> why there is no case`. A line of `known` that excuses nothing is reported, too.

FILENAME != file { flush(); file = FILENAME }
expected { shown = shown $0 "\n"; next }
{ text = text $0 "\n" }

BEGIN {
    while (known && (getline line < known) > 0)
        if (line !~ /^#/ && split(line, field, "\t") == 2) { excused[field[1]] = 1; order[++excuses] = field[1] }
    for (i = 1; i < ARGC; i++)
        if (ARGV[i] == "=") ARGV[i] = "expected=1"
}

END {
    flush()
    for (i = 1; i <= texts; i++)
        if (!index(shown, part[i]) && !is_excused(whole[i])) print place[i] ": no case shows `" whole[i] "`"
    for (i = 1; i <= excuses; i++)
        if (!used[order[i]]) print known ": nothing is excused by `" order[i] "`"
}

function is_excused(s,    e) {
    for (e in excused)
        if (substr(s, 1, length(e)) == e) { used[e] = 1; return 1 }
    return 0
}

# Takes the calls out of what was read of one source.
function flush(    rest, all) {
    rest = all = text
    text = ""
    while (file ~ /^lang\// && match(rest, /\n *\{"[^"\n]*", "/)) {
        rest = substr(rest, RSTART + RLENGTH - 1)
        match(rest, /"([^"\\]|\\.)*"/)
        read_call(substr(rest, 1, RLENGTH) ")")
    }
    rest = all
    while (match(rest, /(ev_error|ev_warn|diag_new|diag_label|diag_note|diag_help)\(/)) {
        rest = substr(rest, RSTART + RLENGTH)
        read_call(rest)
    }
}

# The strings of a call's arguments, adjacent ones joined.
function read_call(s,    depth, i, c, string, joined, fault) {
    depth = 1
    joined = ""
    fault = substr(s, 1, 60) ~ /E_INTERNAL/
    for (i = 1; depth && i <= length(s); i++) {
        c = substr(s, i, 1)
        if (c == "'") { i += substr(s, i + 1, 1) == "\\" ? 3 : 2; continue }
        if (c == "\"") {
            string = ""
            for (i++; (c = substr(s, i, 1)) != "\""; i++) {
                if (c == "\\") { i++; c = substr(s, i, 1); if (c == "n") c = "\n"; if (c == "t") c = "\t" }
                string = string c
            }
            joined = joined string
            continue
        }
        if (c ~ /[ \n\t]/) continue
        if (joined != "" && !fault) add(joined)
        joined = ""
        depth += c == "(" ? 1 : c == ")" ? -1 : 0
    }
}

function add(s,    n, piece, i, best) {
    n = s
    gsub(/%[-+ 0-9.*]*(ll|l|z)?[a-zA-Z%]/, "\001", n)
    n = split(n, piece, "\001")
    best = ""
    for (i = 1; i <= n; i++) if (length(piece[i]) > length(best)) best = piece[i]
    if (length(best) < 6 || best !~ /[^ ] [^ ]/) return
    texts++
    part[texts] = best
    whole[texts] = s
    place[texts] = file
}
