#!/usr/bin/env bash
# Byte streams between real nodes: a tree of files through tar over multicast and over a serial line, with either end
# stopped in the middle, and by way of a third node where the two are never up at the same time.
#
# Usage: net_pipe.sh TSSB
set -euo pipefail
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
export GCOV_PREFIX=$scratch/counts # a process that is killed while it writes its line counts would spoil all

lo=(--mc "$group" --mc-if lo --interval 200ms --linger 1s)

feed() {
    jq -r .feedID "data/$1/config.json"
}

# pipe NAME PEER OPTION...: standard input and output are the caller's.
pipe() {
    local name=$1 peer=$2
    shift 2
    "$tssb" pipe "data/$name" --peer "$(feed "$peer")" --status "$name.status" "$@" 2>>"$name.log"
}

# same NAME...: these folders hold what tree holds.
same() {
    diff -r tree "$1" >diff.log || fail "$1 is not what was sent"
}

# A tree of a few files: text, noise, an empty one.
plant() {
    mkdir -p tree/sub
    seq 1 3000 >tree/numbers
    head -c "$1" /dev/urandom >tree/sub/noise
    : >tree/empty
}

"$tssb" init data --node nodeA nodeB nodeC >init.out 2>init.log
plant 50000

echo 'over multicast'
mkdir there
pipe nodeB nodeA "${lo[@]}" --receive-only </dev/null | tar x -C there &
receiver=$!
tar c -C tree . | pipe nodeA nodeB "${lo[@]}" >back
wait $receiver || fail 'the receiving pipe failed'
same there
[ ! -s back ] || fail 'bytes came back, and nobody sent any'

echo 'both ways, small and interactive'
(echo question && sleep 1 && echo 'one more') | pipe nodeA nodeB "${lo[@]}" >to-a &
(sleep 0.5 && echo answer) | pipe nodeB nodeA "${lo[@]}" >to-b
wait $! || fail 'the conversation failed'
printf 'question\none more\n' | cmp - to-b || fail 'nodeB heard something else'
printf 'answer\n' | cmp - to-a || fail 'nodeA heard something else'

echo 'an output in which somebody else writes'
"$tssb" init other --node nodeA nodeB >init.out 2>init.log
ids=("$(jq -r .feedID other/nodeA/config.json)" "$(jq -r .feedID other/nodeB/config.json)")
echo hello | "$tssb" pipe other/nodeA --peer "${ids[1]}" "${lo[@]}" --no-wait >>shared
echo 'of another program' >>shared
echo answer | "$tssb" pipe other/nodeB --peer "${ids[0]}" "${lo[@]}" >/dev/null &
answering=$!
! echo hello | "$tssb" pipe other/nodeA --peer "${ids[1]}" "${lo[@]}" >>shared 2>shared.log ||
    fail 'what another program wrote passes for the stream'
grep -q '19 bytes that did not come from this stream' shared.log || fail "$(cat shared.log)"
kill -INT $answering
wait $answering || true

echo 'over a serial line, either end stopped in the middle'
if command -v socat >/dev/null; then
    run socat socat pty,raw,echo=0,link=ttyA pty,raw,echo=0,link=ttyB
    eventually 'the line is there' test -e ttyA -a -e ttyB
    serial=(--interval 200ms --pace 1ms --ahead 16k --linger 1s)
    # interrupted NAME PEER DEVICE INPUT OPTION...: a pipe that is stopped twice and begun again as before, until it ends.
    interrupted() {
        local name=$1 peer=$2 device=$3 input=$4 wait status
        shift 4
        for wait in 0.6 0.9 60; do
            status=0
            timeout -s INT $wait "$tssb" pipe "data/$name" --peer "$(feed "$peer")" -kiss "$scratch/$device" \
                "${serial[@]}" "$@" <"$input" 2>>"$name.log" || status=$?
            [ $status -eq 124 ] || return $status
        done
        return 1
    }
    # tar stays, at the end of a pipe that stays.
    mkdir by-line
    interrupted nodeB nodeA ttyB /dev/null --receive-only | tee copy.tar | tar x -C by-line &
    receiver=$!
    tar c -C tree . >sent.tar
    interrupted nodeA nodeB ttyA sent.tar >back || fail 'the sending pipe failed'
    wait $receiver || fail 'the receiving pipe failed'
    cmp sent.tar copy.tar || fail 'what came by the line is not what was sent'
    same by-line
    crash socat
fi

echo 'by way of a third node'
"$tssb" trust data/nodeC "$(feed nodeA)" 2>/dev/null || true
"$tssb" trust data/nodeC "$(feed nodeB)" 2>/dev/null || true
mkdir by-courier
holds_all() { # what nodeA has, nodeC has
    cmp -s "data/nodeA/_logs/$(feed nodeA).log" "data/nodeC/_logs/$(feed nodeA).log" &&
        [ "$(find data/nodeA/_blob -type f | wc -l)" -le "$(find data/nodeC/_blob -type f | wc -l)" ]
}
has_ack() {
    cmp -s "data/nodeB/_logs/$(feed nodeB).log" "data/nodeC/_logs/$(feed nodeB).log"
}
tar c -C tree . | pipe nodeA nodeB "${lo[@]}" --no-wait >back
service nodeC node data/nodeC --mc "$group" --mc-if lo --interval 200ms --strategy range --stash 64
service nodeA node data/nodeA --mc "$group" --mc-if lo --interval 200ms
eventually 'the courier has it' holds_all
stop nodeA
service nodeB pipe data/nodeB --peer "$(feed nodeA)" "${lo[@]}" --receive-only
eventually 'nodeB has it' cmp -s nodeB.out sent.tar
eventually 'the courier has the acknowledgement' has_ack
stop nodeB
tar c -C tree . | pipe nodeA nodeB "${lo[@]}" >back || fail 'nodeA does not end'
tar x -C by-courier -f nodeB.out
same by-courier
stop nodeC
