# Writes docs/library.md from the comments of the library, the files named on the command line: a table of all definitions
# with their first sentences, then each with its signature and whole comment.

# Text that Markdown shows as it is; what stands between backquotes it does.
function plain(text,    part, count, i, out) {
    count = split(text, part, "`")
    for (i = 1; i <= count; i++) {
        if (i % 2) gsub(/[*<|]/, "\\\\&", part[i])
        out = out (i > 1 ? "`" : "") part[i]
    }
    return out
}

# The first sentence: up to a full stop or colon before a capital or the end.
function first(text) {
    gsub(/\n/, " ", text)
    if (match(text, /[.:] +[A-Z{(]/) || match(text, /\.$/)) text = substr(text, 1, RSTART)
    sub(/:$/, ".", text)
    return text
}

# A name that several kinds of definitions share has an address for each.
function address(i) {
    return kind[i] "-" name[i]
}

# The end of a file's opening comment, and of a definition's comment that no definition follows.
function flush_comment() {
    if (comment != "" && !opened) about[files] = comment
    opened = 1
    comment = ""
}

FNR == 1 {
    if (files) flush_comment()
    files++
    title = FILENAME
    sub(/.*\//, "", title)
    sub(/\.icl$/, "", title)
    file[files] = title
    opened = 0
    comment = ""
    head = ""
}
!opened && /^# / {
    comment = comment (comment == "" ? "" : "\n") substr($0, 3)
    next
}
!opened { flush_comment() }
/^## / {
    comment = comment (comment == "" ? "" : "\n") substr($0, 4)
    next
}
/^(fn|task|algorithm|preprocess|layer|architecture|optimizer) / { head = "" ; reading = 1 }
reading {
    line = $0
    done = sub(/ *\{ *.*$/, "", line)
    sub(/^ +/, "", line)
    head = head (head == "" ? "" : " ") line
    if (!done) next
    reading = 0
    n++
    of[n] = files
    kind[n] = head
    sub(/ .*/, "", kind[n])
    name[n] = head
    sub(/^[a-z]+ +/, "", name[n])
    sub(/[^A-Za-z0-9_].*/, "", name[n])
    signature[n] = head
    text[n] = comment
    comment = ""
}
{ if (!reading) comment = "" }

function section(f,    i) {
    for (i = 1; i <= n; i++) if (of[i] == f && text[i] != "") break
    if (i > n) return
    print "\n## " toupper(substr(file[f], 1, 1)) substr(file[f], 2)
    print "\n" plain(about[f])
    for (i = 1; i <= n; i++) {
        if (of[i] != f || text[i] == "") continue
        print "\n<a id=\"" address(i) "\"></a>"
        print "### " plain(name[i])
        print "\n```\n" signature[i] "\n```"
        print "\n" plain(text[i])
    }
}

function contents(f,    i, any) {
    for (i = 1; i <= n; i++) {
        if (of[i] != f || text[i] == "") continue
        if (!any) print "\n| " file[f] " | |\n|---|---|"
        any = 1
        print "| [" plain(name[i]) "](#" address(i) ") | " plain(first(text[i])) " |"
    }
}

END {
    flush_comment()
    print "# The library"
    print "\nMade by `make update-docs` from the comments in `lang/std/`, where every definition stands in the language itself, to"
    print "be read, copied and changed. `icl doc NAME` shows one."
    count = split("tasks shifts algorithms preprocesses layers architectures optimizers schedules", wanted, " ")
    for (k = 1; k <= count; k++)
        for (f = 1; f <= files; f++)
            if (file[f] == wanted[k]) { order[++placed] = f; seen[f] = 1 }
    for (f = 1; f <= files; f++) if (!seen[f]) order[++placed] = f
    for (k = 1; k <= placed; k++) contents(order[k])
    for (k = 1; k <= placed; k++) section(order[k])
}
