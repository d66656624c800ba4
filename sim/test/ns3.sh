#!/usr/bin/env bash
# The engine ns3 as a person uses it: the same run as the built-in one where ns-3's channel is as simple, agreement where
# chance has a part, what it refuses, what it writes. Skipped (77) where it was not built.
#
# Usage: ns3.sh TSSB
#        ns3.sh TSSB --update    writes digests-ns3.txt anew, for a change that is meant to alter digests
set -euo pipefail
export LC_ALL=C
tssb=$(realpath "$1")
scenarios=$(realpath "$(dirname "$0")/../../scenarios")
# shellcheck source=sim/test/expect.sh
. "$(dirname "$0")/expect.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

cat >pair.yaml <<'YAML'
name: pair
duration: 10 s
nodes: {a: {produce: {every: 1 s}, position: [0 m, 0 m]}, b: {follow: a, position: [10 m, 0 m]}}
YAML

# Without its module, which lies beside the program, it says what to install; nothing else misses it.
mkdir alone
cp "$tssb" alone/tssb
expect 2 'install libns3-dev' alone/tssb run pair.yaml --out none --engine ns3
expect 2 'install libns3-dev' alone/tssb agree pair.yaml
expect 0 'digest' alone/tssb run pair.yaml --out none

if ! "$tssb" run pair.yaml --out none --engine ns3 >out 2>err; then
    grep -q 'install libns3-dev' err || complain "no run, and no word of why: $(cat err)"
    [ $failures -eq 0 ] || exit 1
    echo 'skipped: the program was built without ns-3'
    exit 77
fi

digest() {
    "$tssb" run "$scenarios/$1.yaml" --out none --json "${@:2}" >summary || [ $? -eq 1 ]
    jq -re .digest summary
}

# Channel simple, without loss and jitter: the same to the bit, events of one instant included.
smooth=(--set 'network.link.loss=0 %' --set 'network.link.jitter=0 s')
for scenario in transitive-sync lossy-broadcast line-of-ten three-producers coming-and-going; do
    [ "$(digest $scenario "${smooth[@]}")" = "$(digest $scenario "${smooth[@]}" --engine ns3)" ] ||
        complain "$scenario without loss is another run on ns-3"
    expect 0 'the same to the bit: 2 of 2' "$tssb" agree "$scenarios/$scenario.yaml" --seeds 2 "${smooth[@]}"
done
smooth+=(--set 'timeline.3.link={delay: 30 ms}') # links that become slower, and partitions that cut what is on its way
[ "$(digest partition-and-heal "${smooth[@]}")" = "$(digest partition-and-heal "${smooth[@]}" --engine ns3)" ] ||
    complain 'partition-and-heal without loss is another run on ns-3'
cat >restless.yaml <<'YAML'
# Always something is on its way when a wall goes up or down, a node goes off or comes back, or the medium changes.
name: restless
duration: 60 s
nodes: {a: {produce: {every: 100 ms}}, b: {follow: a, count: 3}}
network: {link: {delay: 30 ms}}
timeline:
  - {at: 10 s, partition: [[a], [b-0]], for: 13 ms, every: 50 ms}
  - {at: 20 s, link: {delay: 70 ms}, for: 13 s}
  - {at: 40 s, partition: [[a, b-2], [b-0]], for: 13 ms, every: 70 ms}
  - {at: 50 s, churn: {nodes: [b], up: 1 s, down: 1 s}}
YAML
expect 0 'the same to the bit: 2 of 2' "$tssb" agree restless.yaml --seeds 2
for engine in builtin ns3; do
    "$tssb" run restless.yaml --engine $engine --out none --trace | grep -v -e simulated -e '^bound' >$engine.trace
done
cmp builtin.trace ns3.trace >&2 || complain 'restless.yaml has another story on ns-3'
cat >many.yaml <<'YAML'
# Links whose ways differ and change by themselves, by number or on the timeline; a bridge to a medium.
name: many
duration: 60 s
nodes: {a: {produce: {every: 100 ms}}, b: {role: bridge}, c: {count: 3, follow: a}}
network:
  - name: line
    nodes: [a, b]
    topology: line
    link: {delay: 30 ms, drop: [3, 4, 200], back: {delay: 9 ms}, phases: [{for: 7 s}, {for: 3 s, delay: 90 ms}]}
  - {name: medium, nodes: [b, c], link: {delay: 2 ms, drop: [8, 9]}}
timeline:
  - {at: 20 s, link: {delay: 70 ms, between: [a, b]}, one_way: true, for: 13 s}
YAML
expect 0 'the same to the bit: 2 of 2' "$tssb" agree many.yaml --seeds 2
for scenario in w1 w3; do
    small=(--set nodes.consumer.count=50 --set 'network.link.loss=0 %')
    [ "$(digest bench/$scenario "${small[@]}")" = "$(digest bench/$scenario "${small[@]}" --engine ns3)" ] ||
        complain "bench/$scenario without loss is another run on ns-3"
done

# With loss and jitter each engine has chances of its own: they agree within the interval.
for scenario in transitive-sync lossy-broadcast line-of-ten partition-and-heal three-producers bursty-wifi; do
    expect 0 'the engines agree' "$tssb" agree "$scenarios/$scenario.yaml" --seeds 12
done
expect 0 '"agrees":true' "$tssb" agree "$scenarios/lossy-broadcast.yaml" --seeds 5 --json
# A bus of 20 kbit/s is another network than one without a rate.
expect 1 'DIFFER' "$tssb" agree "$scenarios/lossy-broadcast.yaml" --seeds 5 --set 'network.link.jitter=0 s' \
    --set 'network.ns3={channel: csma, rate: 20 kbit/s}'
expect 2 "not '0'" "$tssb" agree pair.yaml --seeds 0
expect 2 'the built-in engine has no 802.11' "$tssb" agree "$scenarios/wifi-adhoc.yaml" --seeds 2
expect 0 '"node":"valley","feed":"mountain"' "$tssb" agree "$scenarios/courier.yaml" --seeds 1 --json

# Every packet has one fate at each receiver, those that are on their way at the end too; a star has one receiver a face.
while IFS='|' read -r receivers scenario setting other; do
    rm -f fates.sqlite
    "$tssb" run "$scenarios/$scenario.yaml" --engine ns3 --out fates.sqlite --set record=packets --set expect=[] \
        --set "$setting" --set "$other" --set network.link.jitter=0s >/dev/null
    sent=$(sqlite3 fates.sqlite "SELECT sum(value) FROM metric WHERE node IS NOT NULL AND name = 'sent_packets'")
    seen=$(sqlite3 fates.sqlite 'SELECT count(*) FROM packet')
    [ "$seen" = $((${sent%.*} * receivers)) ] || complain "$scenario: $sent packets, $seen fates"
done <<'TABLE'
8|lossy-broadcast|network.ns3={channel: csma, rate: 20 kbit/s}|nodes.reporter.produce.entries=5
19|catch-up/medium|duration=8 s|seed=1
1|bursty-wifi|network.link.duplicate=0 %|seed=1
TABLE

# 802.11, with nodes that move: a second run is the same, another seed is not.
wifi=(wifi-adhoc --engine ns3 --set 'duration=1 min' --set 'nodes.writer.produce.entries=4' --set expect=[])
due=$(digest "${wifi[@]}")
[ "$(digest "${wifi[@]}" --set record=packets)" = "$due" ] || complain 'two runs on 802.11 differ'
[ "$(digest "${wifi[@]}" --seed 2)" != "$due" ] || complain 'another seed is the same run on 802.11'

# Every scenario runs, but those with LoRa and real faces; w1 to w3 at a small size. Digests are recorded, those of
# Debian 12's ns-3: its chances, and its 802.11, are floating point, and another one may round otherwise.
recorded=$(dirname "$scenarios")/sim/test/digests-ns3.txt
ns3_version=$(dpkg-query -W -f '${Version} ${Architecture}' libns3-dev 2>/dev/null || true)
for file in "$scenarios"/*.yaml "$scenarios"/*/*.yaml; do
    name=${file#"$scenarios"/}
    case $name in
    lora-village.yaml | island-ferry.yaml | serial-bridge.yaml | bench/w4.yaml | catch-up/lora.yaml)
        expect 2 'no LoRa' "$tssb" run "$file" --engine ns3 --out none
        continue
        ;;
    real/gateway.yaml)
        expect 2 'real faces' "$tssb" run "$file" --engine ns3 --out none
        continue
        ;;
    bench/*) size=(--set nodes.consumer.count=50) ;;
    *) size=() ;;
    esac
    expect 0 '"outcome": "passed"' "$tssb" run "$file" "${size[@]}" --engine ns3 --out none --json
    echo "$(jq -r .digest out) scenarios/$name" >>digests
done
if [ "${2-}" = --update ]; then
    cp digests "$recorded"
elif [[ $ns3_version == 3.37*amd64 ]]; then
    diff "$recorded" digests >&2 || complain 'digests on ns-3 are others than recorded'
fi

# What no channel can, by name; a mistake in the scenario, with its place.
while IFS='|' read -r text network; do
    expect 2 "$text" "$tssb" run pair.yaml --engine ns3 --out none --set "network={$network}"
done <<'TABLE'
only channel simple has it|ns3: {channel: csma}, link: {jitter: 1 ms}
network.link.loss: channel wifi-adhoc|ns3: {channel: wifi-adhoc}, link: {loss: 1 %}
network.link.rate: a medium with a rate|ns3: {channel: simple}, link: {rate: 1 Mbit/s}
network.link.back: only channel simple|topology: line, ns3: {channel: p2p}, link: {back: {delay: 9 ms}}
network.link.drop: channel wifi-adhoc|ns3: {channel: wifi-adhoc}, link: {drop: [3]}
network.link.bit_errors: channel wifi-adhoc|ns3: {channel: wifi-adhoc}, link: {bit_errors: 0.1 %}
network.link.duplicate: channel wifi-adhoc|ns3: {channel: wifi-adhoc}, link: {duplicate: 1 %}
network.link.pace: only channels p2p and csma|ns3: {channel: simple}, link: {pace: 1 ms}
network.link.phases.0: channel wifi-adhoc|ns3: {channel: wifi-adhoc}, link: {phases: [{for: 1 s}, {for: 1 s, delay: 2 ms}]}
network.link.phases.1.rate: a bus|ns3: {channel: csma}, link: {phases: [{for: 1 s}, {for: 1 s, rate: 2 Mbit/s}]}
TABLE
expect 2 'queue: a queue of ns-3' "$tssb" run pair.yaml --engine ns3 --out none --set 'network.topology=line' \
    --set 'timeline=[{at: 1 s, link: {queue: 2}}]'
expect 2 'one_way: only channel simple' "$tssb" run pair.yaml --engine ns3 --out none \
    --set 'network={topology: line, ns3: {channel: p2p}}' --set 'timeline=[{at: 1 s, link: {delay: 2 ms, between: [a, b]}, one_way: true}]'
expect 2 'between: a medium' "$tssb" run pair.yaml --engine ns3 --out none \
    --set 'timeline=[{at: 1 s, link: {loss: 2 %, between: [a, b]}}]'

# What it writes: captures of its own, an animation; and a recorded run can be repeated.
for network in 'ns3: {channel: simple}' 'ns3: {channel: csma}' 'topology: line, ns3: {channel: p2p}' 'ns3: {channel: wifi-adhoc}'; do
    rm -rf captures
    expect 0 'digest' "$tssb" run pair.yaml --engine ns3 --out runs.sqlite --set "network={$network}" --pcap captures \
        --anim anim.xml
    for file in captures/pair-1.pcapng captures/pair-1-0-0.pcap captures/pair-1-1-0.pcap; do
        [ -s $file ] || complain "$network: there is no $file"
    done
    grep -q '</anim>' anim.xml || complain "$network: the animation does not end"
done
expect 0 'digest' "$tssb" run --replay runs.sqlite 2 --out none
grep -q 'the digest is the same' err || complain 'a repeated run on ns-3 has another digest'
[ "$(sqlite3 runs.sqlite 'SELECT DISTINCT engine FROM run')" = ns3 ] || complain 'the engine is not recorded'
if (ulimit -n 64 && "$tssb" run "$scenarios/coming-and-going.yaml" --engine ns3 --out none --pcap captures) >out 2>err ||
    ! grep -q 'ulimit -n' err; then
    complain "more captures than files: $(cat err)"
fi
expect 3 'no/such/a.xml' "$tssb" run pair.yaml --engine ns3 --out none --anim no/such/a.xml
expect 2 '--anim is of the engine ns3' "$tssb" run pair.yaml --anim anim.xml

# A sweep: runs in one process after the other are those of a process each, and tssb compare knows the engines apart.
for engine in builtin ns3; do
    expect 0 '6 runs, 6 passed' "$tssb" sweep "$scenarios/lossy-broadcast.yaml" --engine $engine -j 1 --out sweep.sqlite \
        --seeds 3 --set 'sweep={network.link.loss: [0 %, 25 %]}'
done
expect 0 'there already: 6' "$tssb" sweep "$scenarios/lossy-broadcast.yaml" --engine ns3 -j 1 --out sweep.sqlite \
    --seeds 3 --set 'sweep={network.link.loss: [0 %, 25 %]}'
for seed in 1 2 3; do
    due=$(digest lossy-broadcast --seed $seed --engine ns3)
    [ "$(sqlite3 sweep.sqlite "SELECT count(*) FROM run WHERE engine = 'ns3' AND digest = '$due'")" = 1 ] ||
        complain "seed $seed of a sweep on ns-3 is another run than by itself"
done
expect 0 ' ns3  ' "$tssb" compare sweep.sqlite --by engine --where 'network.link.loss=25 %'
expect 2 'no LoRa' "$tssb" sweep "$scenarios/lora-village.yaml" --engine ns3 --seeds 2 --out none.sqlite
expect 2 "no engine 'ns2'" "$tssb" sweep "$scenarios/lossy-broadcast.yaml" --engine ns2 --seeds 2

[ $failures -eq 0 ]
