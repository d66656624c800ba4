#!/usr/bin/env bash
# Prints which lines and regions of core/ the corpora reach, with nothing else run: fuzz/coverage.sh [FILE...]
# Needs clang and llvm-14. Of the FILEs all lines are shown, with how often each was run.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/fuzz-coverage
flags='-fprofile-instr-generate -fcoverage-mapping'
cmake -G Ninja -S . -B "$build" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_FLAGS="$flags" -DBUILD_TESTING=OFF >/dev/null
cmake --build "$build" --target fuzz-targets -- --quiet
rm -f "$build"/*.profraw
objects=()
for corpus in fuzz/corpus/*; do
    target=$(basename "$corpus")
    LLVM_PROFILE_FILE="$build/$target.profraw" "$build/fuzz/replay-$target" "$corpus" >/dev/null
    objects+=(-object "$build/fuzz/replay-$target")
done
llvm-profdata-14 merge -o "$build/all.profdata" "$build"/*.profraw
if [ $# -gt 0 ]; then
    llvm-cov-14 show "${objects[@]}" -instr-profile="$build/all.profdata" "$@"
else
    llvm-cov-14 report "${objects[@]}" -instr-profile="$build/all.profdata" \
        -ignore-filename-regex='/(fuzz|sim|test|posix)/'
fi
