#!/bin/sh
# Runs the cases of one stage: tests/cases.sh STAGE
#
# tests/cases/STAGE/NAME.icl with NAME.out must succeed and print that; with NAME.err alone it must fail with exit status
# 1 and exactly that on standard error; with both it must succeed and warn so. Comments in the first two lines add to the
# command: `# flags: ...` before the file's name, `# options: ...` after it. Of `fmt` the file is the standard input, of
# `repl` NAME.in is. Of `build` the output is that of the program, or the messages of the building. With UPDATE=1 the expectations are written, not compared. Prints TAP; needs ICL, the program under
# test.
set -u

stage=$1
cases=$(cd "$(dirname "$0")" && pwd)/cases/$stage
: "${ICL:?the program under test}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM

# The variants of a stage's command, one a line; all must agree. Cases of `run` are run on both engines.
suffix=icl
case $stage in
    fmt) variants='fmt -' ;;
    repl)
        variants='repl'
        suffix=in
        ;;
    parse) variants='emit --stage=ast' ;;
    ir | loops) variants="emit --stage=$stage" ;;
    syntax | names | check) variants='check' ;;
    build) variants="build -o $work/program" ;;
    run) variants='run --engine jit --threads 1
run --engine jit --threads 2
run --engine interp --threads 1
run --engine interp --threads 2' ;;
    *)
        echo "Bail out! no such stage: $stage"
        exit 99
        ;;
esac

# transcript NAME: the same for a session, with the errors among the results.
transcript() {
    flags=$(sed -n '1,2s/^# flags: *//p' "$cases/$1.in")
    rm -rf "$work/files"
    mkdir "$work/files"
    # shellcheck disable=SC2086
    (cd "$cases" && XDG_CACHE_HOME="$work/cache" timeout 300 "$ICL" repl --out "$work/files" $flags) \
        >"$work/out" 2>&1 <"$cases/$1.in"
    status=$?
    [ $status -le 1 ] && status=0
    sed -i "s|$work/files|OUT|g; s/^time: .*/time: TIME/" "$work/out"
    : >"$work/err"
}

# run VARIANT NAME: leaves the output in $work/out and $work/err, the exit status in $status.
run() {
    file=$2.$suffix
    input=/dev/null
    if [ "$stage" = repl ]; then
        transcript "$2"
        return
    fi
    flags=$(sed -n '1,2s/^# flags: *//p' "$cases/$file")
    options=$(sed -n '1,2s/^# options: *//p' "$cases/$file")
    rm -rf "$work/files"
    mkdir "$work/files"
    case $stage in run) flags="--fresh --out $work/files $flags" ;; esac
    case $stage in fmt) input=$cases/$file file= ;; esac
    # shellcheck disable=SC2086
    (cd "$cases" && XDG_CACHE_HOME="$work/cache" timeout 300 "$ICL" $1 $flags ${file:+"$file"} $options) \
        >"$work/out" 2>"$work/err" <"$input"
    status=$?
    if [ "$stage" = build ] && [ $status -eq 0 ]; then
        (cd "$work/files" && timeout 300 "$work/program") >"$work/out" 2>"$work/err" <"$input"
        status=$?
    fi
    # The folder for the files that a script writes has another name each time.
    sed -i "s|$work/files|OUT|g" "$work/out" "$work/err"
}

# compare WHAT EXPECTED GOT: says how they differ, as TAP comments.
compare() {
    diff -u "$2" "$3" >"$work/diff" && return 0
    echo "# $1:"
    sed 's/^/#   /' "$work/diff"
    return 1
}

# judge VARIANT NAME: compares one run with what is expected.
judge() {
    wanted=1
    [ -f "$cases/$2.out" ] && wanted=0
    if [ $status -ne $wanted ]; then
        echo "# $1: exit status $status, not $wanted"
        sed 's/^/#   /' "$work/err"
        return 1
    fi
    if [ -f "$cases/$2.err" ]; then
        compare "$1: standard error" "$cases/$2.err" "$work/err" || return 1
    fi
    [ $wanted -eq 1 ] || compare "$1: standard output" "$cases/$2.out" "$work/out"
}

update() {
    run "$(echo "$variants" | head -n 1)" "$1"
    case $status in
        0)
            mv "$work/out" "$cases/$1.out"
            if [ -s "$work/err" ]; then mv "$work/err" "$cases/$1.err"; else rm -f "$cases/$1.err"; fi
            ;;
        1) mv "$work/err" "$cases/$1.err" && rm -f "$cases/$1.out" ;;
        *) echo "# $stage/$1: exit status $status, left as it is" ;;
    esac
}

# check NAME: every variant; fails with the first that differs.
check() {
    if [ ! -f "$cases/$1.out" ] && [ ! -f "$cases/$1.err" ]; then
        echo "# neither $1.out nor $1.err: make update-tests writes it"
        return 1
    fi
    while read -r variant; do
        run "$variant" "$1"
        judge "$variant" "$1" || return 1
    done <<LIST
$variants
LIST
}

# The loop IR follows the processor's lanes and registers: one for all machines.
if [ "$stage" = loops ]; then
    ICL_CPU=x86-64-v3
    export ICL_CPU
fi

number=0
for file in "$cases"/*."$suffix"; do
    [ -f "$file" ] || continue
    name=$(basename "$file" ".$suffix")
    # A file that only others import has a name that starts with an underscore.
    case $name in _*) continue ;; esac
    number=$((number + 1))
    if [ "${UPDATE:-0}" = 1 ]; then
        update "$name"
    elif check "$name"; then
        echo "ok $number - $stage/$name"
    else
        echo "not ok $number - $stage/$name"
    fi
done
[ "${UPDATE:-0}" = 1 ] && exit 0
if [ $number -eq 0 ]; then
    echo "Bail out! no cases in tests/cases/$stage"
    exit 99
fi
echo "1..$number"
