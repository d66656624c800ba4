#!/usr/bin/env bash
# tssb as a person uses it, and misuses it: what it prints, where, with which exit status, and what it leaves behind.
#
# Usage: command.sh TSSB
set -euo pipefail
tssb=$(realpath "$1")
source=$(realpath "$(dirname "$0")/../..")
# shellcheck source=sim/test/expect.sh
. "$(dirname "$0")/expect.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

scenario() {
    cat >"$1.yaml"
}

transitive=$source/scenarios/transitive-sync.yaml

# Help and misuse.
expect 0 'Usage: tssb COMMAND' "$tssb" --help
expect 0 'tssb ' "$tssb" --version
expect 0 'Examples: tssb run' "$tssb" run --help
expect 0 'Example: tssb diff' "$tssb" diff --help
expect 2 'which command?' "$tssb"
expect 2 "did you mean 'run'" "$tssb" rum
expect 2 'it takes one scenario file' "$tssb" run
expect 2 'unknown option --sed' "$tssb" run --sed 7 "$transitive"
expect 2 '--seed needs a value' "$tssb" run "$transitive" --seed
expect 2 "not '7x'" "$tssb" run "$transitive" --seed 7x
expect 2 "there is no engine 'ns4'" "$tssb" run "$transitive" --engine ns4
expect 2 'both want standard output' "$tssb" run "$transitive" --json --trace
expect 2 "'one' is not the number of a run" "$tssb" diff x.sqlite one 2
expect 2 'it takes a results file' "$tssb" diff x.sqlite
[ ! -e results ] || complain 'a misuse made a results file'

# A run, its results file, and a second one that is the same.
expect 0 'digest' "$tssb" run "$transitive"
expect 0 'run 2' "$tssb" run "$transitive"
expect 0 'same' "$tssb" diff results/transitive-sync.sqlite 1 2
expect 0 '' "$tssb" run "$transitive" --seed 2
expect 1 'seed' "$tssb" diff results/transitive-sync.sqlite 1 3
expect 2 'no run 9' "$tssb" diff results/transitive-sync.sqlite 1 9
expect 0 '"digest"' "$tssb" run "$transitive" --json --out none
expect 0 'nodeC < entry nodeA 1 from nodeB: appended' "$tssb" run "$transitive" --trace --out none
expect 1 'FAIL' "$tssb" run "$transitive" --out none --set 'network.link.loss=100 %'

# A recorded run, repeated.
expect 0 'digest' "$tssb" run --replay results/transitive-sync.sqlite 3 --out none
grep -q 'the digest is the same' err || complain 'a repeated run has another digest'

# A run that read a movement trace is repeated from anywhere, as long as the trace is the same.
mkdir village
cp "$source/sim/test/traces/walk.tcl" village/it\'s.tcl
scenario village/village <<'END'
name: village
duration: 20 s
nodes: {a: {produce: {every: 5 s}}, b: {follow: a}}
mobility: {trace: "it's.tcl"}
expect: [{holds: a, entries: 3, on: b}]
END
expect 0 'run 1' "$tssb" run village/village.yaml
cd village
expect 0 'digest' "$tssb" run --replay ../results/village.sqlite 1 --out none
echo '# longer' >>it\'s.tcl
expect 2 "another file than the one that run 1" "$tssb" run --replay ../results/village.sqlite 1 --out none
rm it\'s.tcl
expect 2 "cannot be opened: No such file" "$tssb" run --replay ../results/village.sqlite 1 --out none
cd ..
expect 2 'no run 77' "$tssb" run --replay results/transitive-sync.sqlite 77
expect 2 'as it was' "$tssb" run --replay results/transitive-sync.sqlite 1 --seed 3
expect 2 'the number of a run' "$tssb" run --replay results/transitive-sync.sqlite
expect 2 "not '1.2345'" "$tssb" run "$transitive" --speed 1.2345

# Real time, ten times as fast: 600 s would be 60.
expect 0 'digest' "$tssb" run "$transitive" --out none --speed 1000

# Two runs that differ by one lost packet part at that packet.
scenario one <<'YAML'
name: one
duration: 30 s
nodes: {a: {produce: {every: 1 s, entries: 5}}, b: {follow: a}}
record: packets
YAML
expect 0 '' "$tssb" run one.yaml
expect 0 '' "$tssb" run one.yaml --set 'network.link={drop: [3]}'
expect 1 'b < entry a 3 from a: lost' "$tssb" diff results/one.sqlite 1 2

# Scenarios that are wrong touch nothing.
rm -rf results
while IFS='|' read -r text setting; do
    expect 2 "$text" "$tssb" run one.yaml --set "$setting"
done <<'TABLE'
unknown key 'tick'|tick=1
no unit|duration=5
over 100 %|network.link.loss=120 %
by then the run is over|nodes.a.produce={every: 1 s, start: 99 s}
no node is called 'c'|nodes.b.follow=c
in this partition twice|timeline=[{at: 1 s, partition: [[a, b], [b]]}]
TABLE
expect 2 'broadcast' "$tssb" run one.yaml --set nodes.b.count=999999 --set network.topology=complete
printf 'name: [\n' >bad.yaml
expect 2 'bad.yaml:' "$tssb" run bad.yaml
expect 2 'none.yaml' "$tssb" run none.yaml
[ ! -e results ] || complain 'a wrong scenario made a results file'

# Results files that cannot be used stay as they were.
echo 'a letter' >letter.sqlite
sqlite3 other.sqlite 'CREATE TABLE t(x); PRAGMA user_version=7;'
expect 0 '' "$tssb" run one.yaml --out old.sqlite
sqlite3 old.sqlite 'PRAGMA user_version=999;'
for file in letter other old; do
    cp $file.sqlite before
    expect 3 "$file.sqlite" "$tssb" run one.yaml --out $file.sqlite
    cmp -s $file.sqlite before || complain "$file.sqlite was changed"
done
expect 3 'nowhere/x.sqlite' "$tssb" run one.yaml --out nowhere/x.sqlite
if [ -e /dev/full ]; then
    "$tssb" run one.yaml --out none >/dev/full 2>err && complain 'a full standard output went unnoticed'
    grep -q 'standard output' err || complain 'a full standard output was not named'
fi

# Captures: the folder is made, and the digest stays. One that cannot be written ends the run, which is marked.
expect 0 "$("$tssb" run one.yaml --out none | grep digest)" "$tssb" run one.yaml --out none --pcap captures
[ -s captures/one-1.pcapng ] || complain 'there is no capture'
expect 0 '' "$tssb" run one.yaml --out none --pcap captures --seed 2 --set 'network.link={drop: [3]}'
[ -s captures/one-2.pcapng ] || complain 'the seed is not in the name of the capture'
expect 2 '--pcap needs a value' "$tssb" run one.yaml --pcap
expect 3 'letter.sqlite/one-1.pcapng: cannot write' "$tssb" run one.yaml --out none --pcap letter.sqlite
expect 3 'nowhere/captures: cannot be made' "$tssb" run one.yaml --out none --pcap nowhere/captures
if [ -e /dev/full ]; then
    ln -sf /dev/full captures/one-1.pcapng
    expect 3 'captures/one-1.pcapng: cannot write the capture: No space' "$tssb" run one.yaml --out full.sqlite --pcap captures
    [ "$(sqlite3 -readonly full.sqlite 'SELECT outcome FROM run')" = unfinished ] ||
        complain 'a run whose capture failed is not marked'
fi

# Ctrl-C: the run is marked, the file opens.
scenario long <<'YAML'
name: long
duration: 10000 h
nodes: {a: {produce: {every: 1 s}}, b: {count: 20, follow: a}}
YAML
"$tssb" run long.yaml --out long.sqlite >out 2>err &
child=$!
sleep 0.5
kill -INT $child
wait $child && complain 'an interrupted run ended with 0'
[ "$(sqlite3 -readonly long.sqlite 'SELECT outcome FROM run')" = interrupted ] ||
    complain 'the interrupted run is not marked'
[ "$(sqlite3 -readonly long.sqlite 'PRAGMA integrity_check')" = ok ] || complain 'the file is damaged'
grep -q interrupted out || complain 'the summary does not say that the run was interrupted'

[ $failures -eq 0 ]
