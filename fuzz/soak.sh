#!/usr/bin/env bash
# Fuzzes every target, or those named, one after the other, each for so many seconds (600 unless told), with both
# sanitizers: fuzz/soak.sh [SECONDS [TARGET...]]
# Prints a row for each. Exit status: 0 where nothing was found; what was found lies in build/fuzz/.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1-600}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(basename -s .c fuzz/*.c)
TIMEFORMAT=%U
found=0
mkdir -p build/fuzz

echo '| target | executions | seconds of CPU time | found |'
echo '| --- | --- | --- | --- |'
for target in "${targets[@]}"; do
    log=build/fuzz/soak-$target.log
    what=nothing
    cpu=$({ time fuzz/run.sh "$target" "$seconds" >"$log" 2>&1; } 2>&1) || what="see $log"
    [ "$what" = nothing ] || found=$((found + 1))
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "| $target | ${runs:-?} | ${cpu%.*} | $what |"
done
[ $found -eq 0 ]
