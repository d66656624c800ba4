#!/usr/bin/env bash
# The promise of determinism: each scenario gives the digest that is recorded in sim/test/digests.txt, from each of the
# builds that are named, at all three recording levels, and a second time; another seed gives another digest.
#
# Usage: digests.sh BUILD_DIR...             from anywhere
#        digests.sh --update BUILD_DIR       writes the file anew, for a change that is meant to alter digests
set -euo pipefail
cd "$(dirname "$0")/../.."
recorded=sim/test/digests.txt
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# digest TSSB SCENARIO [OPTION...]: runs it and prints its digest. The workloads of scenarios/bench are made smaller.
digest() {
    local tssb=$1 scenario=$2 size=()
    shift 2
    case $scenario in
    */bench/*) size=(--set nodes.consumer.count=60) ;;
    esac
    "$tssb" run "$scenario" "${size[@]}" --json "$@" >"$scratch/summary" || [ $? -eq 1 ]
    jq -re .digest "$scratch/summary"
}

fail() {
    echo "digests: $*" >&2
    exit 1
}

scenarios() {
    find scenarios -name '*.yaml' -not -path '*/real/*' | LC_ALL=C sort
}

if [ "${1-}" = --update ]; then
    for scenario in $(scenarios); do
        echo "$(digest "$2/tssb" "$scenario" --out none) $scenario"
    done >"$scratch/new"
    mv "$scratch/new" "$recorded"
    exit
fi

[ $# -gt 0 ] || fail 'which build?'
diff <(scenarios) <(cut -d' ' -f2 "$recorded") >&2 || fail "$recorded does not list the scenarios that there are"
for build in "$@"; do
    while read -r due scenario; do
        for level in summary progress packets; do
            got=$(digest "$build/tssb" "$scenario" --set record=$level --out "$scratch/results.sqlite")
            [ "$got" = "$due" ] || fail "$build: $scenario: $got with record: $level, recorded is $due"
        done
        got=$(digest "$build/tssb" "$scenario" --out none)
        [ "$got" = "$due" ] || fail "$build: $scenario: $got when run again, recorded is $due"
        got=$(digest "$build/tssb" "$scenario" --out none --seed 4242)
        [ "$got" != "$due" ] || fail "$build: $scenario: another seed gives the same digest"
        rm -f "$scratch/results.sqlite"
    done <"$recorded"
    echo "$build: all $(wc -l <"$recorded") scenarios as recorded"
done
