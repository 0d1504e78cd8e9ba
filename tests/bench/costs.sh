#!/bin/sh
# What the kernels of a few scripts cost, as far as it does not depend on the machine: the loops as `icl explain` counts
# them, and the instructions they become for x86-64-v3. `make check` compares this with costs.txt (tests/costs.tap);
# `make update-costs` writes costs.txt anew: read the difference, and say in the commit why it is right.
#     costs.sh loops|code      ICL: the program
set -u
: "${ICL:?the program}"
here=$(cd "$(dirname "$0")" && pwd)
ICL_CPU=x86-64-v3
export ICL_CPU

# flops, bytes read and written a prompt; cycles a block at least; bytes of state a block
loops() {
    "$ICL" explain --format json "$@" | awk '
        function of(field) {
            match($0, "\"" field "\":[^,]*")
            field = substr($0, RSTART + length(field) + 3, RLENGTH - length(field) - 3)
            gsub(/"/, "", field)
            return field
        }
        /^{"call"/ {
            printf "    %-10s flops %-10s read %-10s ", of("name"), of("flops"), of("bytes_read")
            printf "written %-10s cycles %-10s state %s\n", of("bytes_written"), of("cycles_block"), of("state_bytes")
        }'
}

# instructions in all, those that work on vectors, fused multiply-adds, vectors that go to the stack and back
code() {
    "$ICL" emit --stage=asm "$@" | awk '
        function tell() {
            if (name != "")
                printf "    %-10s instructions %-6d vector %-6d fused %-5d stack %d\n", name, all, vector, fused, stack
        }
        /^# kernel|^\/\/ kernel/ { next }
        /^icl_kernel:/ { tell(); kernels++; name = "kernel " kernels; all = vector = fused = stack = 0 }
        /^icl\.[^:]*:/ { tell(); name = "" }
        /^\t[a-z]/ && name != "" { all++ }
        /^\tv/ && name != "" { vector++ }
        /^\tvfn?m/ && name != "" { fused++ }
        /^\tvmov.*\(%rsp\)/ && name != "" { stack++ }
        END { tell() }'
}

[ "$1" != code ] || "$ICL" --version | sed -n 's/.*\(LLVM [0-9]*\).*/# code by \1/p'
for script in "w1.icl" "w1.icl --d 5 --n 1024" "w1.icl --d 64 --n 64" "products.icl" "evaluation.icl" "first.icl"; do
    echo "$script"
    # shellcheck disable=SC2086
    (cd "$here" && "$1" $script)
done
