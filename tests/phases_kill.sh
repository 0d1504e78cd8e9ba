#!/bin/sh
# A sweep that is killed at random moments and run again each time ends with the bytes of one that never was, on any
# number of ranks and threads: tests/phases_kill.sh, TAP. Larger, and by a script of one's own that saves phases.csv:
#
#     ICL=build/icl SCRIPT=my.icl OPTIONS='--trials 4096' KILLS=10 SEED=1 RANKS='1 2 4' THREADS='1 2' sh tests/phases_kill.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${ICL:?the program under test}"
SCRIPT=${SCRIPT:-$here/phases.icl} OPTIONS=${OPTIONS:-} KILLS=${KILLS:-3} SEED=${SEED:-1}
RANKS=${RANKS:-1 2} THREADS=${THREADS:-1 2}
work=$(mktemp -d /tmp/phases.XXXXXX) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
XDG_CACHE_HOME=$work/cache
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # MPI's
OMPI_MCA_rmaps_base_oversubscribe=1
OMPI_MCA_hwloc_base_binding_policy=none
OMPI_MCA_btl=self,vader
OMPI_MCA_btl_vader_single_copy_mechanism=none
OMPI_ALLOW_RUN_AS_ROOT=1
OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export XDG_CACHE_HOME ASAN_OPTIONS OMPI_MCA_rmaps_base_oversubscribe OMPI_MCA_hwloc_base_binding_policy OMPI_MCA_btl \
    OMPI_MCA_btl_vader_single_copy_mechanism OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
number=0

# report NAME: by the status of the last command.
report() {
    if [ $? -eq 0 ]; then word=ok; else word='not ok'; fi
    number=$((number + 1))
    echo "$word $number - $1"
    [ "$word" = ok ] || tail -n 20 "$work/err" | cut -c 1-160 | sed 's/^/# /'
}

have_mpi() {
    [ -f "$(dirname "$ICL")/icl-mpi.so" ] && timeout 60 mpirun -n 2 true >/dev/null 2>&1
}

# run FOLDER RANKS THREADS: in place of this shell.
run() {
    launch=
    [ "$2" -eq 1 ] || launch="mpirun -n $2"
    # shellcheck disable=SC2086
    exec $launch "$ICL" run --out "$work/$1" --threads "$3" --progress never "$SCRIPT" $OPTIONS
}

now() {
    date +%s.%N
}

# The processes of a run: of one by mpirun, its ranks.
members() {
    ps -o pid= --ppid "$1" | tr -d ' ' | tr '\n' ' '
}

# kill_run PID RANKS I: everything; of several ranks, each second time one of them alone.
kill_run() {
    if [ "$2" -gt 1 ] && [ $(($3 % 2)) -eq 0 ]; then
        kill -9 "$(members "$1" | cut -d ' ' -f $(($3 % $2 + 1)))" 2>/dev/null
    else
        # shellcheck disable=SC2046
        kill -9 "$1" $(members "$1") 2>/dev/null
    fi
}

# The state of a folder's database, which changes when a run begins to keep.
state() {
    stat -c '%y %s' "$work/$1/icl.sqlite-wal" 2>/dev/null
}

(run whole 1 2) >"$work/out" 2>"$work/err" </dev/null
[ -s "$work/whole/phases.csv" ]
report 'a run that is not disturbed'
began=$(now) # once more: kernels are compiled now
(run again 1 2) >"$work/out" 2>"$work/err" </dev/null
cmp "$work/whole/phases.csv" "$work/again/phases.csv" >"$work/err" 2>&1
report 'another'
took=$(echo "$began $(now)" | awk '{ print $2 - $1 }')
echo "# it took $took s"

# kills FOLDER RANKS THREADS: begins the run KILLS times and kills it; $killed: how often that was before its end.
kills() {
    killed=0 i=0
    for part in $(awk -v n="$KILLS" -v s="$SEED" 'BEGIN { srand(s); while (n--) printf "%.4f ", rand() }'); do
        before=$(state "$1")
        (run "$1" "$2" "$3") >"$work/out" 2>"$work/err" </dev/null &
        child=$!
        while [ "$(state "$1")" = "$before" ] && kill -0 $child 2>/dev/null; do sleep 0.02; done
        sleep "$(echo "$part $took" | awk -v n="$KILLS" '{ print 1.5 * $1 * $2 / n }')"
        i=$((i + 1))
        kill -0 $child 2>/dev/null && [ ! -e "$work/$1/phases.csv" ] && killed=$((killed + 1))
        kill_run $child "$2" $i
        wait $child 2>/dev/null
    done
}

for ranks in $RANKS; do
    if [ "$ranks" -gt 1 ] && ! have_mpi; then
        number=$((number + 1))
        echo "ok $number - $ranks ranks # SKIP built without --with-mpi, or mpirun starts no processes"
        continue
    fi
    for threads in $THREADS; do
        folder=cut.$ranks.$threads
        kills $folder "$ranks" "$threads"
        for _ in 1 2 3 4; do # the machine had more to do when its time was taken: sooner, then
            [ $killed -eq 0 ] || break
            rm -rf "${work:?}/$folder"
            took=$(echo "$took" | awk '{ print $1 / 2 }')
            kills $folder "$ranks" "$threads"
        done
        (run $folder "$ranks" "$threads") >"$work/out" 2>"$work/err" </dev/null && [ $killed -gt 0 ] &&
            cmp "$work/whole/phases.csv" "$work/$folder/phases.csv" >>"$work/err" 2>&1
        report "killed $killed times before its end: ranks $ranks, threads $threads"
        SEED=$((SEED + 1))
    done
done
echo "1..$number"
