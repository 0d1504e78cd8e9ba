#!/bin/sh
# `make bench`: what icl takes for some work, beside what other programs take for the same, in turns. README.md says
# how to read what it prints.
#     bench.sh ICL JSON      ICL: the program; JSON: where the figures are written
# In the environment: CC; PYTHON; ROUNDS (3) turns; QUICK=1: less work, one turn; THREADS (all cores); PARTS: some of
# latency, algorithms, training, kernels (all).
set -u
icl=$1 json=$2
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
threads=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
quick=${QUICK:-0}
[ "$quick" = 0 ] && rounds=${ROUNDS:-3} || rounds=1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export XDG_CACHE_HOME="$work/cache"

parts=${PARTS:-latency algorithms training kernels}
for part in $parts; do
    case $part in
        latency | algorithms | training | kernels) ;;
        *) echo "bench: PARTS: '$part' is not one of latency, algorithms, training, kernels" >&2; exit 2 ;;
    esac
done
has_part() { case " $parts " in *" $1 "*) ;; *) return 1 ;; esac; }

note() { echo "bench: $*" >&2; }

# ---- the peers that there are ----

flags="-O3 -march=native -ffast-math -std=gnu11"
build() { # PROGRAM SOURCE FLAGS...: 1 when it cannot be compiled
    program=$1 source=$2
    shift 2
    # shellcheck disable=SC2086
    ${CC:-cc} $flags "$@" "$here/$source" -o "$work/$program" -lm -lpthread 2>"$work/log"
}
vectors() { # is there a predefined macro for them?
    # shellcheck disable=SC2086
    ${CC:-cc} $flags -dM -E - </dev/null 2>/dev/null | grep -q "$1"
}
lanes=
build timed timed.c || { note "no C compiler (${CC:-cc}): nothing can be timed"; exit 1; }
build peak peak.c || exit 1
build plain plain.c || exit 1
if vectors __AVX512F__; then lanes=16; elif vectors __AVX2__; then lanes=8; fi
if [ -n "$lanes" ]; then build lanes lanes.c "-DLANES=$lanes" || lanes=; fi
[ -n "$lanes" ] || note "left out: lanes by hand (written for AVX2 and AVX-512)"
has() {
    "$python" -c "import $1" 2>/dev/null && return
    note "left out: $2 ($python has none; PYTHON=... names another)"
    return 1
}
torch=1 numba=1
has torch PyTorch || torch=
has numba Numba || numba=

# ---- one measurement: a line "ROUND KEY VALUE" ----

say() { echo "$round $1 $2" >>"$work/figures"; }
# What a command took: sets wall and peak.
take() {
    "$work/timed" "$@" 3>"$work/took" >"$work/out" 2>"$work/err" || {
        note "failed: $*"
        cat "$work/err" >&2
        exit 1
    }
    read -r wall _ peak <"$work/took"
}
# Amounts a second, from the difference of two runs: KEY UNIT LESS MORE COMMAND..., where @ stands for the amount.
marginal() {
    key=$1 unit=$2 less=$3 more=$4
    shift 4
    for amount in "$less" "$more"; do
        take $(echo "$*" | sed "s,@,$amount,g")
        [ "$amount" = "$less" ] && first=$wall
    done
    say "$key" "$(echo "$unit $less $more $first $wall" | awk '{ print $1 * ($3 - $2) / ($5 - $4) }')"
}
# The second word of what a peer prints.
peer() {
    key=$1
    shift
    take "$@"
    say "$key" "$(awk '{ print $2 }' "$work/out")"
}
run="$icl run --fresh --progress never --out $work"
# Fractions of the peak, by the kernel's own timing on one thread.
fraction() {
    key=$1
    shift
    take "$icl" explain --measure --format json "$@"
    say "$key" "$(sed -n 's/.*"flops_per_second":\([0-9.e+]*\),"peak":\([0-9.e+]*\).*/\1 \2/p' "$work/out" |
        awk '{ if ($1 / $2 > most) most = $1 / $2 } END { print most }')"
}

# ---- the work ----

algorithms() {
    less=200000 more=4200000 slow=1200000 hand=524288
    [ "$quick" = 0 ] || less=50000 more=650000 slow=250000 hand=65536
    marginal w1.icl.1 1 $less $more $run --threads 1 "$here/w1.icl" --trials @
    [ -n "$lanes" ] && peer w1.lanes.1 "$work/lanes" 1 $hand
    marginal w1.icl.all 1 $less $more $run --threads "$threads" "$here/w1.icl" --trials @
    say memory.w1 "$(echo "$peak" | awk '{ print $1 / 1024 }')"
    [ -n "$lanes" ] && peer w1.lanes.all "$work/lanes" "$threads" $hand
    marginal w1.icl.no_gram 1 $less $slow env ICL_GRAM=off $run --threads "$threads" "$here/w1.icl" --trials @
    peer w1.plain "$work/plain" 20000
    [ -n "$numba" ] && peer w1.numba "$python" "$here/w1_numba.py" "$threads" 8192
    [ -n "$torch" ] && peer w1.torch "$python" "$here/w1_torch.py" "$threads" 2
}

training() { # WIDTH STEPS
    width=$1 steps=$2
    less=$((steps / 4))
    marginal "w2.$width.icl.1" 2624 $less "$steps" $run --threads 1 "$here/w2.icl" --width "$width" --steps @
    marginal "w2.$width.icl.all" 2624 $less "$steps" $run --threads "$threads" "$here/w2.icl" --width "$width" --steps @
    say "memory.w2.$width" "$(echo "$peak" | awk '{ print $1 / 1024 }')"
    [ -n "$torch" ] || return
    peer "w2.$width.torch.1" "$python" "$here/w2_torch.py" 1 "$width" "$less"
    [ "$threads" -gt 1 ] && peer "w2.$width.torch.all" "$python" "$here/w2_torch.py" "$threads" "$width" "$less"
}

compiling() { # KEY FILE OPTIONS...: seconds in the back end, nothing kept from before
    key=$1
    shift
    take env XDG_CACHE_HOME="$work/none.$round.$key" ICL_KERNELS=count $run "$@"
    say "$key" "$(sed -n 's/^kernels: .* compiled in \([0-9.]*\) s.*/\1/p' "$work/err")"
}

latency() {
    for time in 1 2 3 4 5; do
        take env XDG_CACHE_HOME="$work/cold.$round.$time" $run "$here/first.icl"
        say first.cold "$(echo "$wall" | awk '{ print 1000 * $1 }')"
        take $run "$here/first.icl"
        take $run "$here/first.icl"
        say first.warm "$(echo "$wall" | awk '{ print 1000 * $1 }')"
        take "$icl" --help
        say help "$(echo "$wall" | awk '{ print 1000 * $1 }')"
    done
}

: >"$work/figures"
round=0
take $run "$here/w1.icl" --trials 64 # kernels are compiled once, and kept
if has_part training; then
    take $run "$here/w2.icl" --width 64 --steps 1
    take $run "$here/w2.icl" --width 256 --steps 1
fi
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    if has_part latency; then
        note "round $round of $rounds: latency"
        latency
        compiling compile.w1 "$here/w1.icl" --trials 64
        compiling compile.w2 "$here/w2.icl" --width 256 --steps 1
    fi
    note "round $round of $rounds: peak"
    peer peak.1 "$work/peak" 1
    peer peak.all "$work/peak" "$threads"
    if has_part algorithms; then
        note "round $round of $rounds: algorithms"
        algorithms
    fi
    if has_part training; then
        note "round $round of $rounds: training"
        if [ "$quick" = 0 ]; then training 64 200; training 256 24; else training 64 40; training 256 4; fi
    fi
    if has_part kernels; then
        note "round $round of $rounds: kernels"
        for width in 64 256; do fraction "products.$width" "$here/products.icl" --width $width; done
        fraction evaluation "$here/evaluation.icl"
    fi
done

awk -v threads="$threads" -v lanes="$lanes" -v json="$json" -v version="$("$icl" --version | head -n 1)" \
    -f "$here/table.awk" "$here/figures.txt" "$work/figures"
note "written: $json"
