#!/usr/bin/env bash
# The seed's second demo with real processes on loopback multicast: nodeC is away while nodeA and nodeB replicate; then
# nodeA leaves, and nodeC gets everything from nodeB. With the log lines of the seed's demo, and what --status tells.
#
# Usage: net_story.sh TSSB
set -euo pipefail
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
init

# nodeB waits for a feed that is not there yet: nodeA's genesis puts its anchor into nodeB's directory.
node nodeB -mc "$group" --mc-if lo
says nodeB "face mc $group"
node nodeA --mc "$group" --mc-if 127.0.0.1 --produce 100ms
says nodeA 'install want callback @dmx='
says nodeA '^[0-9:.]* \[2\] enqueued for first time'
reaches nodeB 8
for line in 'SND want request to dmx=[0-9a-f]* for \[1\]' 'RCV new packet@dmx=[0-9a-f]*, try to append it' \
    '     log now at \[1\]' '     log now at \[8\]'; do
    says nodeB "^[0-9:]*\.[0-9]* $line"
done

stop nodeA
all=$(front nodeA)
reaches nodeB "$all"
node nodeC --mc "$group" --mc-if lo
reaches nodeC "$all"
stop nodeB nodeC
agree nodeA nodeB nodeC

# The last line of status is of the end.
for name in nodeA nodeB nodeC; do
    [ "$(last "$name" '.feeds[0].front')" = "$all" ] || fail "$name.status does not end with $all"
    last "$name" '.faces[0] | .face == "mc '"$group"'" and .own > 0 and .errors == 0' >/dev/null ||
        fail "$name dropped no own packets"
done
[ "$(last nodeA '.feeds[0].own')" = true ] || fail 'nodeA does not know its own feed'

# Lines of standard input: a pipe, and a file whose last line has no end. nodeA goes on serving at the end of it.
printf 'one\n\ntwo\r\n' | "$tssb" node data/nodeA --mc "$group" --mc-if lo --produce - --status lines.status 2>lines.log &
running[lines]=$!
reaches nodeA $((all + 2))
says lines 'standard input: the end'
node nodeC --mc "$group" --mc-if lo
reaches nodeC $((all + 2))
stop lines
printf 'three\n%0300d' 4 >file
"$tssb" node data/nodeA --mc "$group" --mc-if lo --produce - --status file.status <file 2>file.log &
running[file]=$!
reaches nodeC $((all + 4))
stop file nodeC
"$tssb" dump data/nodeA | grep -q three || fail 'the line of a file is not in the log'
"$tssb" dump data/nodeA | grep -q "$(printf '%0300d' 4)" || fail 'a long line is not a side chain'
