#!/usr/bin/env bash
# Fuzzes a target for some seconds (60 unless told): fuzz/run.sh TARGET [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1-}
seconds=${2-60}
if [ ! -e "fuzz/$target.c" ] || [ -z "$target" ]; then
    echo "Usage: fuzz/run.sh TARGET [SECONDS]; targets: $(basename -s .c fuzz/*.c | tr '\n' ' ')" >&2
    exit 2
fi
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "fuzz-$target"
mkdir -p "build/fuzz/corpus/$target"
[ "$target" != scenario ] || cp scenarios/*.yaml build/fuzz/corpus/scenario/
[ "$target" != ns2_trace ] || cp sim/test/traces/*.tcl build/fuzz/corpus/ns2_trace/
[ "$target" != link_trace ] || cp sim/test/traces/*.csv build/fuzz/corpus/link_trace/
cd build/fuzz
exec "fuzz/fuzz-$target" -max_total_time="$seconds" -timeout=20 -max_len=8192 -print_final_stats=1 "corpus/$target"
