#!/bin/sh
# Writes the syntax files of editors from their templates (vim/icl.vim.in, vscode/icl.tmLanguage.json.in) and the words
# that the lexer, the definitions and the builtins have in the sources. Run in the source tree: docs/editors/syntax.sh
# writes, docs/editors/syntax.sh --check only says what is not up to date, and fails then.
set -eu
LC_ALL=C
export LC_ALL
here=docs/editors
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Words in tables of rows {"word", TOKEN...}, from a C file.
table() {
    awk '/^} words\[\] = \{/ { on = 1; next } on && /^}/ { on = 0 }
        on { while (match($0, /\{"[a-z]+"/)) { print substr($0, RSTART + 2, RLENGTH - 3); $0 = substr($0, RSTART + RLENGTH) } }' "$1"
}
definitions() { sed -n 's/^DEF(DEF_[A-Z]*, "\([a-z]*\)".*/\1/p' lang/def.def; }
# Keywords anywhere, without those of definitions and the truth values; statements; words after others.
keywords() { table lang/lex_value.c | grep -vxE 'true|false' | grep -vxF "$(definitions)"; echo it; }
statements() {
    table lang/tokens.c
    sed -n '/inside\[\] = {/s/[^"]*"\([a-z]*\)"[^"]*/\1\n/gp' lang/tokens.c | grep .
}
constants() { table lang/lex_value.c | grep -xE 'true|false'; }
builtins() { grep '^BUILTIN(' compiler/builtin.def | grep -v ' bi_dist,' | sed 's/^BUILTIN(\([a-z_0-9]*\).*/\1/'; }
distributions() { grep ' bi_dist,' compiler/builtin.def | sed 's/^BUILTIN(\([a-z_0-9]*\).*/\1/'; }
types() { printf '%s\n' real int bool string list record range table estimate task predictor; }

for group in definitions keywords statements constants builtins distributions types; do
    $group | sort -u >"$work/$group"
    [ -s "$work/$group" ] || { echo "docs/editors/syntax.sh: no $group found in the sources" >&2; exit 1; }
done

# fill TEMPLATE SEPARATOR: @group@ becomes the words of the group.
fill() {
    script=
    for group in definitions keywords statements constants builtins distributions types; do
        words=$(paste -sd "$2" "$work/$group" | sed 's/[|&]/\\&/g')
        script="$script;s|@$group@|$words|g"
    done
    bar=$(paste -sd '|' "$work/definitions" | sed 's/|/\\\\\\|/g')
    sed "${script#;};s|@definitions_bar@|$bar|g" "$1"
}

status=0
fill $here/vim/icl.vim.in ' ' >"$work/icl.vim"
fill $here/vscode/icl.tmLanguage.json.in '|' >"$work/icl.tmLanguage.json"
for pair in icl.vim:vim/syntax icl.tmLanguage.json:vscode/syntaxes; do
    file=${pair%:*} to=$here/${pair#*:}/${pair%:*}
    cmp -s "$work/$file" "$to" && continue
    if [ "${1:-}" = --check ]; then
        echo "$to is not up to date: make update-docs writes it"
        status=1
    else
        cp "$work/$file" "$to"
    fi
done
exit $status
