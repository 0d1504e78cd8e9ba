#!/bin/sh
# `make curves`: how fast kernels are over the number of inputs, of examples, the width of a model, the threads. Writes
# what it measures as a script, which draws the figures of docs/performance.md.
#     curves.sh ICL SCRIPT FOLDER      SCRIPT is written; FOLDER: of the figures
# In the environment: TRIES (3), the best of which counts; THREADS (all cores).
set -eu
icl=$1 script=$2 folder=$3
here=$(cd "$(dirname "$0")" && pwd)
tries=${TRIES:-3}
threads=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Billions of operations a second of each kernel of a script on one thread, in a row; at last the machine's peak.
rates() {
    try=0
    while [ "$try" -lt "$tries" ]; do
        "$icl" explain --measure --format json "$@"
        try=$((try + 1))
    done | awk '
        function of(field) {
            match($0, "\"" field "\":[^,]*")
            return substr($0, RSTART + length(field) + 3, RLENGTH - length(field) - 3) / 1e9
        }
        { line = of("line") " " of("flops"); if (!(line in best)) name[++n] = line }
        { if (of("flops_per_second") > best[line]) best[line] = of("flops_per_second") }
        { if (of("peak") > peak) peak = of("peak") }
        END { for (k = 1; k <= n; k++) printf "%.1f ", best[name[k]]; printf "%.1f\n", peak }'
}

# Seconds of a run, the least of the tries.
seconds() {
    try=0
    while [ "$try" -lt "$tries" ]; do
        "$work/timed" "$icl" run --fresh --progress never --out "$work" "$@" 3>&1 >/dev/null
        try=$((try + 1))
    done | awk 'NR == 1 || $1 < least { least = $1 } END { print least }'
}

# Lists: list NAME VALUE...; matrix NAME FILE, a row a column of the file.
list() {
    name=$1
    shift
    echo "$name = [$(echo "$*" | sed 's/ /, /g')]"
}
matrix() {
    awk -v name="$1" -v columns="$3" '
        { for (k = 1; k <= columns; k++) row[k] = row[k] (NR > 1 ? ", " : "") $k }
        END {
            for (k = 1; k <= columns; k++) all = all (k > 1 ? "," : "") "\n    [" row[k] "]"
            print name " = [" all "]"
        }' "$2"
}

inputs="4 8 16 32 64 128 256"
examples="4 16 64 256 1024"
widths="32 64 128 256"
for d in $inputs; do rates "$here/w1.icl" --n 40 --d "$d"; done >"$work/by_inputs"
for n in $examples; do rates "$here/w1.icl" --n "$n" --d 16; done >"$work/by_examples"
for n in $examples; do rates "$here/w1.icl" --n "$n" --d 64; done >"$work/by_examples_64"
for width in $widths; do
    echo "$(rates "$here/products.icl" --width "$width") $(rates "$here/evaluation.icl" --width "$width")"
done >"$work/by_width"
${CC:-cc} -O2 "$here/timed.c" -o "$work/timed"
for count in $(seq "$threads"); do
    for size in "--n 40 --d 16 --trials 400000" "--n 256 --d 64 --trials 20000" "--n 1024 --d 64 --trials 5000"; do
        # shellcheck disable=SC2086
        printf '%s ' "$(seconds "$here/w1.icl" --threads "$count" $size)"
    done
    echo
done | awk 'NR == 1 { for (k = 1; k <= NF; k++) one[k] = $k }
    { for (k = 1; k <= NF; k++) printf "%.3f ", one[k] / $k; print "" }' >"$work/by_threads"
peak=$(cat "$work"/by_inputs "$work"/by_examples | awk '$4 > most { most = $4 } END { print most }')
awk '{ print $1 / $2, $3 / $4 }' "$work/by_width" >"$work/shares"

{
    echo "# Written by \`make curves\`: what was measured, and the figures of docs/performance.md."
    echo "language 1"
    list inputs $inputs
    list examples $examples
    list widths $widths
    echo "threads = $threads"
    echo "peak = $peak"
    matrix by_inputs "$work/by_inputs" 3
    matrix by_examples "$work/by_examples" 3
    matrix by_examples_64 "$work/by_examples_64" 3
    matrix by_width "$work/shares" 2
    matrix by_threads "$work/by_threads" 3
    cat "$here/curves.txt"
} >"$script"
"$icl" run --fresh --progress never --out "$folder" "$script"
rm -f "$folder/icl.sqlite"
