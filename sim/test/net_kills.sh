#!/usr/bin/env bash
# Crashes: three nodes on loopback multicast, of which one after the other is killed at a random moment, mostly while it
# writes, and started again. At the end every log checks, and all are the same. The moments come from a seed.
#
# Usage: net_kills.sh TSSB [KILLS [SEED]]     200 kills with seed 1 unless told
set -euo pipefail
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
export GCOV_PREFIX=$scratch/counts # a process that is killed while it writes its line counts would spoil all
kills=${2-200}
RANDOM=${3-1}

begin() {
    local name=$1 options=(--mc "$group" --mc-if lo --log quiet --interval 50ms)
    [ "$name" != nodeA ] || options+=(--produce 3ms)
    node "$name" "${options[@]}"
}

init
names=(nodeA nodeB nodeC)
for name in "${names[@]}"; do
    begin "$name"
done
reaches nodeC 1
for ((i = 0; i < kills; i++)); do
    name=${names[RANDOM % 3]}
    sleep "0.$(printf '%03d' $((RANDOM % 180)))"
    crash "$name"
    begin "$name"
done
reaches nodeA $((kills / 2))
stop nodeA
node nodeA --mc "$group" --mc-if lo --log quiet
all=$(front nodeA)
reaches nodeB "$all"
reaches nodeC "$all"
stop "${names[@]}"
agree "${names[@]}"
echo "$kills kills, $all entries, all logs check and agree"
