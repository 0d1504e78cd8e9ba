#!/bin/sh
# Draws the gallery: runs every script of examples/figures, its figures to docs/figures, and puts what it prints where
# docs/figures.md says `<!-- text NAME -->`. From the source folder; $ICL is the program.
set -eu
: "${ICL:?the program}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in examples/figures/*.icl; do
    name=$(basename "$file" .icl)
    "$ICL" run --progress never --out "$work/out" "$file" >"$work/$name.text" 2>"$work/err" || { cat "$work/err"; exit 1; }
    cp "$file" "$work/$name.script"
done
cp "$work"/out/*.svg docs/figures
LC_ALL=C awk -v work="$work" '
    /^<!-- (text|script) / {
        print
        print "```"
        file = work "/" $3 "." $2
        while ((getline line < file) > 0) print line
        print "```"
        skip = 1
    }
    /^<!-- end -->/ { skip = 0 }
    !skip && !/^<!-- (text|script) / { print }
' docs/figures.md >"$work/figures.md"
cat "$work/figures.md" >docs/figures.md
