#!/usr/bin/env bash
# Two nodes on a serial line, which is unplugged and comes back.
#
# Usage: net_kiss.sh TSSB
set -euo pipefail
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
export GCOV_PREFIX=$scratch/counts # a process that is killed while it writes its line counts would spoil all
command -v socat >/dev/null || { echo 'skipped: there is no socat' && exit 77; }

plug() {
    run socat socat pty,raw,echo=0,link=ttyA pty,raw,echo=0,link=ttyB
    eventually 'the line is there' test -e ttyA -a -e ttyB
}

init
plug
node nodeA -kiss "$scratch/ttyA" --pace 20ms --produce 200ms
node nodeB -kiss "$scratch/ttyB,pace=10ms"
reaches nodeB 3
crash socat
says nodeA 'unplugged'
says nodeB 'unplugged'
missed=$(($(front nodeA) + 3))
reaches nodeA $missed
[ "$(front nodeB)" -lt $missed ] || fail 'nodeB got entries without a line'
plug
says nodeA 'plugged in again'
says nodeB 'plugged in again'
reaches nodeB $((missed + 2))

# What was queued when nodeA ended, it sends when it is asked.
stop nodeA
node nodeA -kiss "$scratch/ttyA,pace=10ms"
reaches nodeB "$(front nodeA)"
stop nodeA nodeB
agree nodeA nodeB
