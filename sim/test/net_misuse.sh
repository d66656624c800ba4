#!/usr/bin/env bash
# tssb node and tssb bridge misused: each is a clear error with the right exit status, and touches nothing.
#
# Usage: net_misuse.sh TSSB
set -euo pipefail
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
init
port=$((${group#*/} + 20000))

# expect STATUS TEXT ARGUMENT...
expect() {
    local due=$1 text=$2 status=0
    shift 2
    timeout 20 "$tssb" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq "$due" ] || fail "'tssb $*' ended with $status, not $due: $(cat err)"
    grep -qF -- "$text" err || grep -qF -- "$text" out || fail "'tssb $*' did not say '$text': $(cat err)"
}

expect 0 'Example' node --help
expect 0 'Example' bridge --help
expect 2 'it takes one data directory' node
expect 2 'unknown option --prodce' node data/nodeA --prodce 5s
expect 2 '--mc needs a value' node data/nodeA --mc
expect 2 "not '5x'" node data/nodeA --produce 5x
expect 2 'always, batch or off' node data/nodeA --sync sometimes
expect 2 "no strategy 'psychic' (there is: single" node data/nodeA --strategy psychic
expect 2 'a number from 1 to 1024' node data/nodeA --strategy window --window 0
expect 2 'a number from 1 to 1024' node data/nodeA --strategy window --window 16x
expect 2 "strategy 'single' makes no use of --window" node data/nodeA --window 16
expect 2 "strategy 'window' makes no use of --packet-size" node data/nodeA --strategy window --packet-size 250
expect 2 'a number from 45 to 250' node data/nodeA --strategy batch --packet-size 44
expect 2 'a number from 0 to 4096' node data/nodeA --stash -1
expect 2 'immediate or backoff=50ms' node data/nodeA --answer later
expect 2 'up to 1h' node data/nodeA --answer backoff=2h
expect 2 'up to 1h' node data/nodeA --suppress soon
expect 2 'author, relay or subscribed' node data/nodeA --forward all
expect 2 'quiet, info or debug' node data/nodeA --log loud
expect 2 "not '0'" node data/nodeA --interval 0
expect 2 "not '5'" node data/nodeA --produce 5
expect 2 'is there twice' node data/nodeA -mc "$group" -mc "$group"
expect 2 "option 'speed=9'" node data/nodeA -kiss /dev/null,speed=9
expect 2 'nowhere' node data/nowhere --mc "$group" --mc-if lo
expect 2 'not a multicast group' node data/nodeA --mc 10.1.2.3/5000
expect 2 'a number from 1 to 65535' node data/nodeA --udp 127.0.0.1/99999
expect 2 'not a serial line' node data/nodeA --kiss data/nodeA/config.json
expect 2 'No such file' node data/nodeA --kiss /dev/no-such-tty
expect 2 "no network interface 'no-such-if'" node data/nodeA --mc "$group" --mc-if no-such-if
expect 3 'cannot write the status' node data/nodeA --mc "$group" --mc-if lo --status nowhere/status
expect 3 'nowhere/x.pcapng: cannot write the capture' node data/nodeA --mc "$group" --mc-if lo --pcap nowhere/x.pcapng
expect 3 'nowhere/x.pcapng: cannot write the capture' bridge "mc:$group" "listen:$port" --mc-if lo --pcap nowhere/x.pcapng
[ ! -e /dev/full ] || expect 3 '/dev/full: cannot write' node data/nodeA --mc "$group" --mc-if lo --pcap /dev/full
expect 2 'two faces or more' bridge "mc:$group"
expect 2 'not KIND:ADDRESS' bridge "$group" "kiss:/dev/null"
expect 2 "no kind of face 'lora'" bridge lora:1 "mc:$group"
expect 2 'there twice' bridge "mc:$group,if=lo" "mc:$group,if=lo"
expect 2 'pace takes a time' bridge "mc:$group,pace=fast" "udp:127.0.0.1/$port"
expect 2 'not a serial line' bridge "mc:$group,if=lo" kiss:/dev/null

"$tssb" init apart >init.out 2>init.log
fid=$(jq -r .feedID apart/nodeB/config.json)
lo=(--mc "$group" --mc-if lo)
expect 0 'Example' pipe --help
expect 2 'it takes --peer' pipe apart/nodeA
expect 2 'follows no feed whose ID begins so' pipe apart/nodeA --peer "${fid:0:63}" "${lo[@]}"
expect 2 "the node's own feed" pipe apart/nodeA --peer "$(jq -r .feedID apart/nodeA/config.json)" "${lo[@]}"
expect 2 '--produce is for tssb node' pipe apart/nodeA --peer "$fid" --produce 5s
expect 2 'from 1k to 4095M' pipe apart/nodeA --peer "$fid" --ahead 1000
expect 2 'from 1k to 4095M' pipe apart/nodeA --peer "$fid" --ahead 4096M
expect 2 'from 1k to 4095M' pipe apart/nodeA --peer "$fid" --ahead 5G
expect 2 '--blobs must be eager' pipe apart/nodeA --peer "$fid" --blobs lazy
expect 2 '--linger takes a time' pipe apart/nodeA --peer "$fid" --linger long
expect 2 '--status takes a file' pipe apart/nodeA --peer "$fid" --status -
printf '{\n]' >apart/nodeC/state.json
expect 2 'apart/nodeC/state.json:2:' pipe apart/nodeC --peer "$fid" "${lo[@]}"

# What is in use stays with whom it belongs to.
service holder bridge "listen:$port" "mc:$group,if=lo"
says holder "face mc"
expect 3 'address already in use' node data/nodeB --listen "$port"
stop holder
node nodeA --mc "$group" --mc-if lo --produce 10s
reaches nodeA 1
status=0
timeout 20 "$tssb" node data/nodeA --mc "$group" --mc-if lo 2>second.log || status=$?
[ $status -ge 2 ] || fail "a second process on one directory ended with $status"
stop nodeA
agree nodeA

# A log that somebody is just writing is not whole yet: the node says so once, and goes on.
node nodeB --mc "$group" --mc-if lo
says nodeB "face mc $group"
half=data/nodeB/_logs/$(printf '7e%.0s' {1..32}).log
: >"$half"
says nodeB "${half##*/}"
sleep 1.5
[ "$(grep -c "${half##*/}" nodeB.log)" = 1 ] || fail 'a half-written log is told of again and again'
rm "$half"
stop nodeB
if [ -e /dev/full ]; then
    expect 3 'cannot write the status' node data/nodeA --mc "$group" --mc-if lo --status /dev/full
fi
