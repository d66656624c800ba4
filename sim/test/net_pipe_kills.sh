#!/usr/bin/env bash
# Crashes of pipes: two nodes send each other bytes on loopback multicast, from files and into files, and one or the
# other is killed at a random moment and started again. At the end each has what the other sent, to the byte. The moments
# come from a seed.
#
# Usage: net_pipe_kills.sh TSSB [KILLS [SEED]]     200 kills with seed 1 unless told
set -euo pipefail
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
export GCOV_PREFIX=$scratch/counts # a process that is killed while it writes its line counts would spoil all
kills=${2-200}
RANDOM=${3-1}

begin() {
    local name=$1 peer
    peer=$(jq -r .feedID "data/$2/config.json")
    # So slow, and with so small a window, that the kills come while bytes are under way.
    "$tssb" pipe "data/$name" --peer "$peer" --mc "$group" --mc-if lo --pace 1ms --interval 50ms --ahead 16k \
        --linger 1s <"$name.in" >>"$name.to" 2>>"$name.log" &
    running[$name]=$!
}

"$tssb" init data --node nodeA nodeB >init.out 2>init.log
names=(nodeA nodeB)
for name in "${names[@]}"; do
    head -c $((kills * 6000 + 6000)) /dev/urandom >"$name.in"
done
begin nodeA nodeB
begin nodeB nodeA
for ((i = 0; i < kills; i++)); do
    victim=$((RANDOM % 2))
    sleep "0.$(printf '%03d' $((RANDOM % 250)))"
    crash "${names[victim]}"
    begin "${names[victim]}" "${names[1 - victim]}"
done
delivered=$(stat -c %s nodeB.to)
[ "$delivered" -lt "$(stat -c %s nodeA.in)" ] || fail 'all had arrived before the last kill'
for name in "${names[@]}"; do
    wait "${running[$name]}" || fail "$name ended with $?"
    unset "running[$name]"
done
for name in "${names[@]}"; do
    other=nodeA
    [ "$name" = nodeA ] && other=nodeB
    cmp "$name.in" "$other.to" || fail "what $name sent is not what arrived"
done
echo "$kills kills, $(stat -c %s nodeA.in) bytes each way ($delivered by the last kill), all as they were sent"
