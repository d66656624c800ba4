#!/usr/bin/env bash
# Shows that the harness can fail: puts each bug of canaries.txt into a copy of the sources, and has the target named
# there find it, at first with the corpus alone, then by fuzzing, for so many seconds at most (60 unless told):
# fuzz/canaries.sh [SECONDS]
# Prints a row of a table for each. Exit status: 0 where all were found.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1-60}
work=build/canaries
missed=0

# try TARGET OPTION...: whether a run of the target finds something.
try() {
    local target=$1
    shift
    "$work/build/fuzz/fuzz-$target" "$@" -timeout=20 -max_len=1024 -artifact_prefix="$work/" >"$work/log" 2>&1 &&
        return 1
    grep -q '^SUMMARY: ' "$work/log" # it did run, and found something
}

rm -rf "$work/source" "$work/found"
mkdir -p "$work/source" "$work/found"
cp -r core sim fuzz results CMakeLists.txt CMakePresets.json "$work/source/"
cmake -G Ninja -S "$work/source" -B "$work/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang \
    -DCMAKE_C_FLAGS=-fsanitize=fuzzer-no-link -DTSSB_SANITIZE=ON -DTSSB_FUZZ=ON -DBUILD_TESTING=OFF >/dev/null
cmake --build "$work/build" --target fuzz-targets -- --quiet

for corpus in fuzz/corpus/*; do
    if try "$(basename "$corpus")" -runs=0 "$corpus"; then
        echo "$corpus: finds something without a canary: fix that first" >&2
        exit 1
    fi
done

echo '| what is wrong | file | found by | with |'
echo '| --- | --- | --- | --- |'
while IFS='|' read -r target file what edit; do
    read -r target <<<"$target" # without blanks around it
    read -r file <<<"$file"
    [[ $target != '#'* ]] || continue
    sed -i -e "$edit" "$work/source/$file"
    if cmp -s "$file" "$work/source/$file"; then
        echo "$file: 'sed$edit' changes nothing" >&2
        exit 1
    fi
    cmake --build "$work/build" --target "fuzz-$target" -- --quiet
    begin=$SECONDS
    if try "$target" -runs=0 "fuzz/corpus/$target"; then
        with='the corpus'
    elif try "$target" -max_total_time="$seconds" "$work/found" "fuzz/corpus/$target"; then
        with="fuzzing, $((SECONDS - begin)) s"
    else
        with='**missed**'
        missed=$((missed + 1))
    fi
    rm -f "$work/found"/*
    echo "|$what| \`$file\` | \`$target\` | $with |"
    cp "$file" "$work/source/$file"
done <fuzz/canaries.txt
[ $missed -eq 0 ]
