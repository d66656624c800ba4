#!/usr/bin/env bash
# Shows that tssb hunt can fail: puts each bug of canaries.txt into a copy of the sources, builds it, and hunts for so
# many seconds at most (60 unless told): sim/hunt/canaries.sh [SECONDS]
# Prints a row of a table for each. Exit status: 0 where all were found.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1-60}
work=build/hunt-canaries
missed=0

rm -rf "$work/source" "$work/found"
mkdir -p "$work/source"
cp -r core sim fuzz results CMakeLists.txt CMakePresets.json "$work/source/"
cmake -S "$work/source" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >/dev/null
cmake --build "$work/build" --target tssb >/dev/null

echo '| what is wrong | file | found | made smaller to |'
echo '| --- | --- | --- | --- |'
while IFS='|' read -r file what edit; do
    read -r file <<<"$file" # without blanks around it
    [[ $file != '#'* ]] || continue
    sed -i -e "$edit" "$work/source/$file"
    if cmp -s "$file" "$work/source/$file"; then
        echo "$file: 'sed$edit' changes nothing" >&2
        exit 1
    fi
    cmake --build "$work/build" --target tssb >/dev/null
    status=0
    "$work/build/tssb" hunt --for "${seconds}s" -j 1 --out "$work/found" >"$work/log" || status=$?
    if [ $status -eq 1 ]; then
        found="$(sed -n '1s/^\([0-9]* worlds*\) in \([^,]*\),.*/\1, \2/p' "$work/log")"
        smaller="$(sed -n 's/^made smaller in [0-9]* tries: //p' "$work/log")"
    else
        found='**missed**' smaller=''
        missed=$((missed + 1))
    fi
    echo "|$what| \`$file\` | $found: $(sed -n 's/^seed [0-9]*: \([^:]*\):.*/\1/p' "$work/log") | $smaller |"
    cp "$file" "$work/source/$file"
done <sim/hunt/canaries.txt
[ $missed -eq 0 ]
