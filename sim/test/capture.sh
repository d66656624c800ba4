#!/usr/bin/env bash
# Captures as tshark reads them with our dissector: simulated worlds of each kind against the results file, a packet of
# each kind, real nodes and a bridge on loopback against their own counts, real UDP, and damaged packets.
#
# Usage: capture.sh TSSB CAPTURE_KINDS
set -euo pipefail
command -v tshark >/dev/null || { echo 'skipped: there is no tshark' && exit 77; }
kinds=$(realpath "$2")
source=$(realpath "$(dirname "$0")/../..")
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
export LC_ALL=C.UTF-8 HOME=$scratch # nobody's own settings

# shark FILE OPTION...: tshark with the dissector; what it says on standard error is in shark.log.
shark() {
    local file=$1
    shift
    tshark -n -X "lua_script:$source/sim/wireshark/tinyssb.lua" -r "$file" "$@" 2>shark.log || fail "tshark: $*"
    ! grep -i lua shark.log || fail "a Lua error on standard error: $file $*"
}

# columns FILE FILTER FIELD...: a line a packet, fields separated by '|'.
columns() {
    local file=$1 filter=$2 field fields=()
    shift 2
    for field; do
        fields+=(-e "$field")
    done
    shark "$file" -Y "$filter" -T fields -E 'separator=|' "${fields[@]}"
}

count() {
    columns "$1" "$2" frame.number | wc -l
}

# equal WHAT A B
equal() {
    [ "$2" = "$3" ] || fail "$1: '$2' is not '$3'"
}

# same WHAT: the files due and got have the same lines, and some.
same() {
    [ -s due ] || fail "$1: nothing is due"
    diff due got >differences || fail "$1: $(head -10 differences)"
}

# healthy FILE: in one pass and in two, no packet makes an error of Lua or of the format.
healthy() {
    local passes
    for passes in '' -2; do
        # shellcheck disable=SC2086 # none or one word
        shark "$1" $passes -Y '_ws.lua.error || _ws.malformed' >errors
        [ ! -s errors ] || fail "$1 is not dissected well: $(head -3 errors)"
    done
}

# Simulated worlds.

# simulate SCENARIO OPTION...: the digest stays, and the capture has what the results file has, packet by packet; where
# `strange` is set, there are packets whose bytes do not tell what they are, and their kinds are not compared.
strange=
simulate() {
    local scenario=$1 name capture digest columns=${strange:+1,2,5}
    shift
    name=$(basename "$scenario" .yaml)
    capture=captures/$name-1.pcapng
    digest=$("$tssb" run "$scenario" --seed 1 "$@" --json --out none | jq -r .digest) || true
    rm -f "$name.sqlite"
    "$tssb" run "$scenario" --seed 1 "$@" --set record=packets --json --out "$name.sqlite" --pcap captures >out.json ||
        [ $? -eq 1 ] || fail "$name does not run"
    equal "$name: digest" "$(jq -r .digest out.json)" "$digest"

    columns "$capture" frame frame.time_epoch frame.interface_name tinyssb.kind tinyssb.seq tinyssb.fate \
        frame.packet_flags_direction tinyssb.dropped frame.comment >all
    sqlite3 -readonly -separator '|' "$name.sqlite" "
        SELECT printf('%d.%09d', at_ns / 1000000000, at_ns % 1000000000), n.name || '/' || face, kind, seq, fate
        FROM packet JOIN node AS n ON n.node = to_node" | cut -d '|' -f "${columns:-1-5}" | sort >due
    awk -F '|' '$5 != ""' all | cut -d '|' -f "${columns:-1-5}" | sort >got
    same "$name: packets at receivers"

    # Only what reached a node is inbound.
    awk -F '|' '{ kind = $6 == "0x00000002" ? "sent" : $6 == "0x00000001" ? "received" : "dropped"
                  if (($7 != "") != (kind == "dropped")) kind = "dropped and " kind
                  n[kind]++ }
                END { for (kind in n) print kind, n[kind] }' all | sort >got
    sqlite3 -readonly -separator ' ' "$name.sqlite" "
        SELECT 'dropped', (SELECT count(*) FROM packet) - value FROM metric WHERE node IS NULL AND name = 'deliveries'
        UNION ALL SELECT 'received', value FROM metric WHERE node IS NULL AND name = 'deliveries'
        UNION ALL SELECT 'sent', value FROM metric WHERE node IS NULL AND name = 'sent_packets'" | grep -v ' 0$' >due
    same "$name: directions"

    # The comments are the trace's words, in its order; what leaves by several faces is one line there.
    "$tssb" run "$scenario" --seed 1 "$@" --trace --out none | sed -n 's/^\[.*\] [^ ]* [<>] //p' >due
    awk -F '|' '{ node = $2; sub(/\/.*/, "", node); sending = $6 == "0x00000002" ? $1 node $8 : ""
                  if (sending == "" || sending != before || $2 == face) print $8
                  before = sending; face = $2 }' all >got
    same "$name: the trace"
    cut -d '|' -f 1 all >got
    sort -n -s got >due
    same "$name: time goes forward"

    # What hashes tell without any comment is what the simulator says.
    cut -d '|' -f 8 all | cut -d ' ' -f 1,3 >due
    shark "$capture" -2 -o tinyssb.comments:FALSE -T fields -E 'separator= ' -e tinyssb.kind -e tinyssb.seq >got
    [ -n "$strange" ] || same "$name: kind and number by hashes"
    healthy "$capture"
}

# has_fate NAME FATE: there are such packets.
has_fate() {
    [ "$(count "captures/$1-1.pcapng" "tinyssb.fate == \"$2\"")" -gt 0 ] || fail "$1: no packet was $2"
}

simulate "$source/scenarios/transitive-sync.yaml"
simulate "$source/scenarios/line-of-ten.yaml"
simulate "$source/scenarios/lossy-broadcast.yaml"
simulate "$source/scenarios/partition-and-heal.yaml"
simulate "$source/scenarios/three-producers.yaml"
cat >lossy-links.yaml <<'YAML'
name: lossy-links
duration: 40 s
nodes: {a: {produce: {at_start: 20}}, b: {count: 8, follow: a}}
strategy: {interval: 1 s}
network: {topology: star, link: {delay: 5 ms, jitter: 20 ms, loss: 20 %}}
timeline: [{at: 2 s, partition: [[a, b-0], [b-1, b-2]], for: 5 s}]
YAML
simulate lossy-links.yaml
for fate in lost partitioned; do
    has_fate lossy-links $fate
done

# Radio: who sends hears nothing, and who hears two hears neither.
cat >lora.yaml <<'YAML'
name: lora
duration: 10 min
nodes: {a: {produce: {every: 60 s, entries: 5}, position: [0 m, 0 m]}, b: {count: 4, follow: a, position: {grid: 300 m}}}
strategy: {interval: 20 s}
network: {topology: radio, radio: {preset: lora-poc}}
YAML
simulate lora.yaml
for fate in collided sending; do
    has_fate lora $fate
done

# Two networks that a bridge joins; then the same with damaged packets and a flood.
cat >joined.yaml <<'YAML'
name: joined
duration: 30 s
nodes: {a: {produce: {every: 1 s, entries: 20}}, b: {follow: a}, relay: {role: bridge}, c: {follow: a}, mallory: }
strategy: {interval: 2 s}
network:
  - {name: left, topology: broadcast, nodes: [a, b, relay, mallory],
     link: {delay: 5 ms, jitter: 1 ms, loss: 10 %, duplicate: 10 %, rate: 20 kbit/s, queue: 4}}
  - {name: right, topology: edges, nodes: [relay, c], edges: [[relay, c]],
     link: {delay: 5 ms, loss: 20 %, rate: 9600 bit/s, queue: 2}}
YAML
simulate joined.yaml
has_fate joined forwarded
sed 's/^name: joined/name: damaged/; s/queue: 4/&, bit_errors: 0.05 %/' joined.yaml >damaged.yaml
echo 'timeline: [{at: 5 s, flood: {by: mallory, with: garbage, every: 50 ms}, for: 5 s}]' >>damaged.yaml
strange=yes
simulate damaged.yaml
for fate in damaged 'queue full' seen; do
    has_fate damaged "$fate"
done
strange=

# A packet of each kind.

"$kinds" kinds.pcapng || fail 'capture_kinds failed'
healthy kinds.pcapng
fields=(frame.number tinyssb.kind tinyssb.seq tinyssb.credit tinyssb.type tinyssb.text tinyssb.chain.length
    tinyssb.chain.index tinyssb.chain.entry tinyssb.content.text tinyssb.fork tinyssb.bad_length)
whole=$(printf 'abcdefghijklmnopqrstuvw%.0s' {1..14})abc
cat >due <<TABLE
1|entry or blob
2|entry or blob
3|WANT|1,7
4|RANGE|1|5
5|NEED||3,1
6|entry|1||0|hello
7|entry|2||1||325
8|blob||||||1|7
9|blob||||||2|7
10|blob||||||3|7|$whole
11|entry|3||1||5|||short
12|entry|4||7
13|entry|5||1|||||||1
14|entry|6||1||578437695752307201
15|entry|7||1||325|||$whole
16|entry|1||0|hello, said otherwise|||||1
24|entry or blob
29|NEED
30|NEED
TABLE
columns kinds.pcapng tinyssb.kind "${fields[@]}" | sed 's/|*$//' >got
same 'a packet of each kind'
equal 'foreign packets' "$(count kinds.pcapng tinyssb.foreign)" 11

# With all of the capture known, early packets have their place, and an entry knows its blobs.
cat >due <<TABLE
1|entry|1||
2|blob||7|
7|entry|2||8,2,10
TABLE
shark kinds.pcapng -2 -Y 'frame.number in {1, 2, 7}' -T fields -E 'separator=|' -e frame.number -e tinyssb.kind \
    -e tinyssb.seq -e tinyssb.chain.entry -e tinyssb.chain.blob >got
same 'two passes'

# Over UDP on a usual port and on a chosen one; what is foreign is left to others.
tshark -r kinds.pcapng -x 2>/dev/null >kinds.hex
for port in 5000 7777; do
    text2pcap -q -u 40000,$port kinds.hex udp.pcapng 2>/dev/null
    shark udp.pcapng -o 'tinyssb.ports:5001,7777,5000' -Y 'tinyssb && frame.number <= 27' -T fields -e tinyssb.kind >got
    columns kinds.pcapng 'tinyssb.kind && frame.number <= 27' tinyssb.kind >due
    same "UDP port $port"
done
[ "$(count udp.pcapng tinyssb)" -eq 0 ] || fail 'a port that is not ours was dissected'

# Damaged packets, and a capture that was cut.
for seed in 1 2 3; do
    for capture in kinds.pcapng captures/transitive-sync-1.pcapng; do
        editcap -E 0.03 --seed $seed "$capture" damaged.pcapng 2>/dev/null
        healthy damaged.pcapng
    done
done
head -c 5000 captures/transitive-sync-1.pcapng >cut.pcapng
tshark -n -X "lua_script:$source/sim/wireshark/tinyssb.lua" -r cut.pcapng -T fields -e tinyssb.kind 2>cut.log >got || true
[ "$(wc -l <got)" -gt 10 ] || fail 'a cut capture cannot be read'
grep -q 'cut short' cut.log || fail 'the capture was not cut'

# Real nodes: what was captured is what the faces counted. nodeB is killed, and its capture is whole up to there.
init
node nodeB -mc "$group" --mc-if lo --pcap nodeB.pcapng
node nodeA -mc "$group" --mc-if lo --produce 50ms --pcap nodeA.pcapng
reaches nodeB 5
crash nodeB
stop nodeA
healthy nodeA.pcapng
equal 'nodeA sent' "$(count nodeA.pcapng 'frame.packet_flags_direction == 2')" "$(last nodeA '.faces[0].sent_packets')"
equal 'nodeA received' "$(count nodeA.pcapng 'frame.packet_flags_direction == 1 && tinyssb.fate')" \
    "$(last nodeA '.faces[0].received_packets')"
columns nodeA.pcapng frame frame.interface_name | sort -u >got
echo "mc $group" >due
same 'interface of a face'
healthy nodeB.pcapng
grep -q 'cut short' shark.log && fail "nodeB's capture is cut"
[ "$(count nodeB.pcapng 'tinyssb.kind == "entry" && tinyssb.fate == "appended"')" -ge 5 ] ||
    fail "nodeB's capture lacks entries"
now=$(date +%s)
columns nodeB.pcapng frame frame.time_epoch | awk -v now="$now" '$1 > now || $1 < now - 60' >got
[ ! -s got ] || fail "times of real packets: $(head -3 got)"

# An answer stands after its question.
columns nodeA.pcapng 'tinyssb.fate == "answered" || (tinyssb.kind == "entry" && frame.packet_flags_direction == 2)' \
    tinyssb.kind tinyssb.seq | grep -A 1 WANT >got
awk -F '|' '$1 == "WANT" { due = $2; next } $1 == "entry" && due != "" { if ($2 != due) exit 1; due = "" }' got ||
    fail 'an answer does not stand after its question'

# A bridge.
other=239.254.${group#239.255.}
service bridge bridge "mc:$group" "mc:$other" --mc-if lo --pcap bridge.pcapng
says bridge "face mc $other"
node nodeA -mc "$group" --mc-if lo --produce 50ms
node nodeC -mc "$other" --mc-if lo
reaches nodeC 5
stop nodeA nodeC bridge
healthy bridge.pcapng
for direction in 1:received_packets 2:sent_packets; do
    equal "bridge: ${direction#*:}" "$(count bridge.pcapng "frame.packet_flags_direction == ${direction%:*}")" \
        "$(last bridge "[.faces[].${direction#*:}] | add")"
done
