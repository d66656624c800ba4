#!/usr/bin/env bash
# Fuzzes a target with AFL++ for some seconds (60 unless told), from the corpus: fuzz/afl.sh TARGET [SECONDS]
# Needs the package afl++. Exit status: 0 where nothing crashed.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1-}
seconds=${2-60}
if [ ! -e "fuzz/$target.c" ] || [ -z "$target" ]; then
    echo "Usage: fuzz/afl.sh TARGET [SECONDS]; targets: $(basename -s .c fuzz/*.c | tr '\n' ' ')" >&2
    exit 2
fi
work=build/afl
AFL_QUIET=1 cmake -G Ninja -S . -B "$work" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=afl-clang-fast \
    -DTSSB_FUZZ=ON -DTSSB_FUZZ_ENGINE=-fsanitize=fuzzer -DBUILD_TESTING=OFF >/dev/null
AFL_QUIET=1 cmake --build "$work" --target "fuzz-$target" -- --quiet
options=(-i "fuzz/corpus/$target" -o "$work/$target" -V "$seconds")
[ ! -e "fuzz/dict/$target.dict" ] || options+=(-x "fuzz/dict/$target.dict")
rm -rf "${work:?}/$target"
AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 \
    afl-fuzz "${options[@]}" -- "$work/fuzz/fuzz-$target" >"$work/log"
grep -E '^(execs_done|edges_found|saved_crashes|saved_hangs) ' "$work/$target/default/fuzzer_stats"
grep -q '^saved_crashes *: 0$' "$work/$target/default/fuzzer_stats"
