#!/bin/sh
# Writes what the manual takes from the sources: the tables of docs/language.md that stand between `<!-- builtins GROUP -->`
# and `<!-- end -->`, and docs/errors.md. Run in the source tree: docs/tables.sh writes, docs/tables.sh --check only says
# what is not up to date, and fails then.
set -eu
LC_ALL=C
export LC_ALL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One row a builtin of the group whose heading comment in builtin.def starts with $1.
builtins() {
    awk -v group="$1" '
        /^\/\* / { on = index($0, "/* " group) == 1 }
        on && /^BUILTIN\(/ {
            name = $0; sub(/^BUILTIN\(/, "", name); sub(/,.*/, "", name)
            doc = $0; sub(/.*, "/, "", doc); sub(/"\)$/, "", doc); gsub(/\\"/, "\"", doc); gsub(/\|/, "\\|", doc)
            print "| `" name "` | " doc " |"
        }' compiler/builtin.def
}

language() {
    while IFS= read -r line; do
        case $line in
            '<!-- builtins '*' -->')
                group=${line#<!-- builtins }
                printf '%s\n| | |\n|---|---|\n' "$line"
                builtins "${group% -->}"
                while IFS= read -r line && [ "$line" != '<!-- end -->' ]; do :; done
                ;;
        esac
        printf '%s\n' "$line"
    done <docs/language.md
}

# A section a message: the strings of its row in diag.def, with their escapes read.
errors() {
    cat <<'HEAD'
# Messages

What `icl explain CODE` prints, for all codes. Made by `make update-docs` from `lang/diag.def`.
HEAD
    awk '
        function byte(hex) { return (index(digits, substr(hex, 1, 1)) - 1) * 16 + index(digits, substr(hex, 2, 1)) - 1 }
        function unescape(s,    out, c) {
            while ((c = index(s, "\\"))) {
                out = out substr(s, 1, c - 1)
                next_char = substr(s, c + 1, 1)
                if (next_char == "x") { out = out sprintf("%c", byte(substr(s, c + 2, 2))); s = substr(s, c + 4); continue }
                out = out (next_char == "n" ? "\n" : next_char)
                s = substr(s, c + 2)
            }
            return out s
        }
        BEGIN { digits = "0123456789abcdef" }
        /^DIAG\(/ { split($0, part, /, */); code = part[2]; gsub(/"/, "", code); printf "\n## %s\n\n", code; open = 1 }
        open {
            text = $0
            if (text ~ /^DIAG\(/) { sub(/^DIAG\([^,]*, *"[^"]*", *[A-Z_]*, *"[^"]*",? */, "", text) }
            if (text !~ /"/) next
            last = text ~ /"\)$/
            sub(/^[^"]*"/, "", text); sub(/"\)?$/, "", text)
            printf "%s", unescape(text)
            if (last) open = 0
        }' lang/diag.def
}

status=0
language >"$work/language.md"
errors >"$work/errors.md"
for page in language.md errors.md; do
    cmp -s "$work/$page" "docs/$page" && continue
    if [ "${1:-}" = --check ]; then
        echo "docs/$page is not up to date: make update-docs writes it"
        status=1
    else
        cp "$work/$page" "docs/$page"
    fi
done
exit $status
