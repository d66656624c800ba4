#!/usr/bin/env bash
# Fuzzes a target for some seconds (60 unless told), from the corpus in fuzz/corpus and what earlier runs found:
# fuzz/run.sh TARGET [SECONDS]
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
found=build/fuzz/corpus/$target
mkdir -p "$found" "fuzz/corpus/$target"
options=(-max_total_time="$seconds" -timeout=20 -max_len=4096 -print_final_stats=1 -artifact_prefix=build/fuzz/)
[ ! -e "fuzz/dict/$target.dict" ] || options+=(-dict="fuzz/dict/$target.dict")
exec "build/fuzz/fuzz/fuzz-$target" "${options[@]}" "$found" "fuzz/corpus/$target"
