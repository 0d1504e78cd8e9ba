#!/bin/sh
# Trainings that are stopped: tests/model/kill.sh, TAP. Killed at twenty random moments and run again each time, a
# training ends with the bits of one never stopped; an interrupt leaves a checkpoint; one that diverges keeps its last
# good one. Threads and engine change no bit.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${ICL:?the program under test}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
XDG_CACHE_HOME=$work/cache
export XDG_CACHE_HOME

number=0
# report NAME: a TAP line by the last command's status; failures are followed by what it wrote to standard error.
report() {
    if [ $? -eq 0 ]; then word=ok; else word='not ok'; fi
    number=$((number + 1))
    echo "$word $number - $1"
    [ "$word" = ok ] || sed 's/^/# /' "$work/err"
}

# small FOLDER FLAG..: the training, its files in a folder.
small() {
    folder=$work/$1
    shift
    mkdir -p "$folder"
    exec "$ICL" run --progress never --out "$folder" "$here/small.icl" "$@" >"$work/out" 2>"$work/err" </dev/null
}

# step FOLDER: of its checkpoint; 0 where there is none.
step() {
    [ -f "$work/$1/kept.safetensors" ] || { echo 0; return; }
    head -c 200 "$work/$1/kept.safetensors" | sed -n 's/.*"step":"\([0-9]*\)".*/\1/p' | head -n 1
}

same() {
    for file in final.safetensors kept.safetensors predictions.npz; do
        cmp "$work/$1/$file" "$work/$2/$file" >"$work/err" 2>&1 || return 1
    done
}

(small whole --steps 3000 --every 10)
report 'a training that is not stopped'

# Random moments: up to 60 ms after a new checkpoint is there, however fast the machine is.
killed=0
moments=$(awk 'BEGIN { srand(1); for (i = 0; i < 20; i++) printf "%.3f ", 0.06 * rand() }')
for moment in $moments; do
    before=$(step killed)
    (small killed --steps 3000 --every 10) &
    child=$!
    while [ "$(step killed)" -eq "$before" ] && kill -0 $child 2>/dev/null; do sleep 0.01; done
    sleep "$moment"
    kill -9 $child 2>/dev/null && [ ! -f "$work/killed/predictions.npz" ] && killed=$((killed + 1))
    wait $child 2>/dev/null
done
echo "# $killed of 20 in time, after $moments; step $(step killed)"
[ $killed -ge 10 ] && [ "$(step killed)" -gt 0 ]
report 'killed at random moments: it was stopped, and had kept something'
(small killed --steps 3000 --every 10)
report 'killed at random moments: runs to its end'
same whole killed
report 'killed at random moments: the same bits'
[ "$(find "$work/killed" -type f | wc -l)" -le 23 ]
report 'killed at random moments: at most one draft a kill is left'

# An interrupt once it has taken some steps: later on a slow machine.
for moment in 0.3 1 3 10 30; do
    (small interrupted --steps 3000 --every 100000) &
    child=$!
    sleep "$moment"
    kill -INT $child
    wait $child
    status=$?
    before=$(step interrupted)
    [ "$before" -gt 0 ] && break
done
[ $status -eq 130 ]
report "interrupted: exit status 130, was $status"
[ "$before" -gt 0 ] && [ "$before" -lt 3000 ]
report "interrupted: keeps step $before"
grep -q "^note: .* has step $before of 3000: the same training goes on from there$" "$work/err"
report 'interrupted: says so'
(small interrupted --steps 3000 --every 10)
same whole interrupted
report 'interrupted: goes on to the same bits'

(small one --steps 200 --every 50 --threads 1)
(small two --steps 200 --every 50 --threads 2)
same one two
report 'one thread, two threads: the same bits'
(small jit --steps 12 --engine jit)
(small interp --steps 12 --engine interp)
same jit interp
report 'compiled, interpreted: the same bits'
(small jit64 --steps 12 --engine jit --precision 64)
(small interp64 --steps 12 --engine interp --precision 64)
same jit64 interp64
report 'compiled, interpreted, binary64: the same bits'

(small other --steps 12)
mv "$work/other" "$work/first" && cp -r "$work/first" "$work/other"
(small other --steps 13)
cmp -s "$work/first/kept.safetensors" "$work/other/kept.safetensors.before" && [ "$(step other)" -eq 13 ] &&
    grep -q 'is of another training; it is kept as .*kept.safetensors.before, this one starts over' "$work/err"
report 'the checkpoint of another training is kept under another name'

(small wild --steps 200 --lr 1e30)
[ $? -eq 1 ] && grep -q 'stopped at step 1: `[a-z0-9.[]*\].*` of prompt 0 is not finite' "$work/err" && [ "$(step wild)" -eq 0 ]
report 'a learning rate without measure: names the step and the tensor'
(small leaps --steps 200 --every 20 --leap 100)
[ $? -eq 1 ] && grep -q 'stopped at step 101: ' "$work/err" && grep -q 'kept.safetensors keeps step 100' "$work/err" && [ "$(step leaps)" -eq 100 ]
report 'a loss that leaps: the last good checkpoint is kept'
echo "1..$number"
