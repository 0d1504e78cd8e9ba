#!/bin/sh
# What a compiler does not see: long lines, message codes that are never used, messages without a case, ops without a
# test, words and paths that do not belong in the tree, files that a README does not list, pages that are not what the
# sources say. Run in the source tree; prints what it finds and fails then.
set -u
found=0
complain() {
    echo "$1"
    found=1
}

sources() { find lang compiler runtime tests docs examples -type f "$@" | sort; }
# Tables (.def) are left out of the rule on lines: a row is one line.
code=$(sources '(' -name '*.c' -o -name '*.h' -o -name '*.l' -o -name '*.y' -o -name '*.inc' ')')

for file in $code; do
    # Columns, not bytes: a continuation byte of UTF-8 has no column.
    lines=$(LC_ALL=C awk '{ gsub(/[\200-\277]/, "") } length($0) > 120 { printf " %d", FNR }' "$file")
    [ -z "$lines" ] || complain "$file: longer than 120 columns: line$lines"
done

if [ -f lang/diag.def ]; then
    for name in $(sed -n 's/^DIAG(\([A-Z0-9_]*\),.*/\1/p' lang/diag.def); do
        # shellcheck disable=SC2086
        grep -qw "$name" $code || complain "lang/diag.def: $name is never used"
    done
fi

for name in $(sed -n 's/^\(ELEM\|OP\)([A-Z0-9_]*, *"\([^"]*\)".*/\2/p' compiler/op.def); do
    grep -rqw -e "$name" tests/unit tests/cases/ir 2>/dev/null || complain "compiler/op.def: no test names the op $name"
done

# The order of nodes is the same by every compiler.
hits=$(LC_ALL=C awk -f tests/order.awk compiler/*.c compiler/*.h)
[ -z "$hits" ] || complain "$hits"

# Every text of a message is shown by a case.
# shellcheck disable=SC2046
hits=$(LC_ALL=C awk -v known=tests/messages.txt -f tests/messages.awk \
    $(ls lang/*.[cly] compiler/*.c runtime/*.c) = $(find tests -type f '(' -name '*.err' -o -name '*.out' -o \
    -name '*.tap' -o -name '*.sh' -o -path '*/unit/*.c' ')' | sort))
[ -z "$hits" ] || complain "$hits"

# Files that the pages name exist, or were never files: a page names them between backquotes, from the top of the tree.
for page in ./*.md docs/*.md; do
    for path in $(grep -oE '`(lang|compiler|runtime|tests|docs|examples)/[^` ]*`' "$page" | tr -d '`' | sort -u); do
        case $path in *[A-Z]*.* | *STAGE* | *NAME*) continue ;; esac
        # shellcheck disable=SC2086
        ls -d $path >/dev/null 2>&1 || complain "$page: there is no $path"
    done
done

# Is file $2 named by a word between backquotes of the README $1: as it is, without its ending, or by a pattern?
listed() {
    for word in $(grep -o '`[^` ]*`' "$1" | tr -d '`' | sort -u); do
        # shellcheck disable=SC2254
        case $2 in $word | $word.[ch]) return 0 ;; esac
    done
    return 1
}
for folder in compiler compiler/llvm examples lang runtime; do
    for file in "$folder"/*; do
        name=${file##*/}
        case $name in README.md | local.mk | *.o | *~) continue ;; esac
        [ -d "$file" ] || listed "$folder/README.md" "$name" || complain "$folder/README.md: no line for $name"
    done
done

LC_ALL=C awk -f docs/library.awk lang/std/*.icl | cmp -s - docs/library.md ||
    complain 'docs/library.md: not what lang/std says; make update-docs writes it'
hits=$(sh docs/tables.sh --check) || complain "$hits"

words='TO''DO|FIX''ME|XX''X'
paths='/ho''me/|/ro''ot/|/wo''rk/'
hits=$(grep -rnwE "$words" --include='*.[chly]' --include='*.def' --include='*.icl' --include='*.sh' --include='*.mk' \
    lang compiler runtime tests examples docs)
[ -z "$hits" ] || complain "$hits"
hits=$(grep -rnE "$paths" lang compiler runtime tests examples docs ./*.md configure.ac Makefile.am quickstart)
[ -z "$hits" ] || complain "$hits"

[ $found -eq 0 ] && echo 'lint: clean'
exit $found
