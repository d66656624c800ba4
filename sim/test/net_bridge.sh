#!/usr/bin/env bash
# A bridge joins a multicast group and a serial line; and two bridges between the same two groups make no storm.
#
# Usage: net_bridge.sh TSSB
set -euo pipefail
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
export GCOV_PREFIX=$scratch/counts # a process that is killed while it writes its line counts would spoil all
command -v socat >/dev/null || { echo 'skipped: there is no socat' && exit 77; }
other=239.254.${group#239.255.}

init
run socat socat pty,raw,echo=0,link=ttyA pty,raw,echo=0,link=ttyB
eventually 'the line is there' test -e ttyA -a -e ttyB
service bridge bridge "mc:$group,if=lo" "kiss:$scratch/ttyA,pace=10ms" --once 0
says bridge 'face kiss'
node nodeA -mc "$group" --mc-if lo --produce 100ms
node nodeB -kiss "$scratch/ttyB,pace=10ms"
reaches nodeB 5
stop nodeA
node nodeA -mc "$group" --mc-if lo
reaches nodeB "$(front nodeA)"
stop nodeA nodeB bridge
agree nodeA nodeB
last bridge '(.faces | length == 2) and (.faces | all(.received_packets > 0 and .sent_packets > 0))' >/dev/null ||
    fail 'the bridge did not count'
last bridge '.faces[0].received_packets == .faces[1].sent_packets + .faces[1].queued_already + .faces[1].queued' \
    >/dev/null || fail 'a packet went astray, or back to where it came from'
crash socat

for i in 1 2; do
    service "bridge$i" bridge "mc:$group" "mc:$other" --mc-if lo
    says "bridge$i" "face mc $other"
done
node nodeA -mc "$group" --mc-if lo --produce 100ms
node nodeB -mc "$other" --mc-if lo
reaches nodeB $(($(front nodeB) + 5))
stop nodeA
reaches nodeB "$(front nodeA)"
stop nodeB
sleep 1.2
before=$(last bridge1 .forwarded)
sleep 1.2
[ "$(last bridge1 .forwarded)" = "$before" ] || fail 'packets go round and round'
stop bridge1 bridge2
agree nodeA nodeB
