#!/usr/bin/env bash
# tssb sweep as a person uses it: grids, workers that are killed, sweeps that are killed and taken up again, and what is
# no grid. Whatever happens on the way, the results file ends with the same content.
#
# Usage: sweep.sh TSSB
set -euo pipefail
tssb=$(realpath "$1")
# shellcheck source=sim/test/expect.sh
. "$(dirname "$0")/expect.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# content DB: all that is in it but what the clock on the wall says.
content() {
    local copy
    copy=$(mktemp -p "$scratch")
    cp "$1" "$copy"
    sqlite3 "$copy" "UPDATE run SET started_at = '', wall_ns = 0"
    sqlite3 -readonly "$copy" .dump
    rm "$copy"
}

# same DB DB: they hold the same.
same() {
    cmp -s <(content "$1") <(content "$2") || complain "$1 and $2 differ: $(diff <(content "$1") <(content "$2") | head -5)"
}

# ask DB SQL
ask() {
    sqlite3 -readonly "$1" "$2"
}

# alone DB: there is nothing beside it.
alone() {
    [ "$(echo "$1"?*)" = "$1?*" ] || complain "beside $1 there is $(echo "$1"?*)"
}

# children PID: its workers.
children() {
    cat "/proc/$1/task/$1/children"
}

# a_worker PID: one of its workers, once it has one.
a_worker() {
    local workers=
    for _ in {1..500}; do
        workers=$(children "$1")
        [ -z "$workers" ] || break
        sleep 0.01
    done
    echo "${workers%% *}"
}

# A consumer that is fifty entries behind, over a lossy link.
cat >catch-up.yaml <<'YAML'
name: catch-up
duration: 600 s
stop: level
record: summary
nodes:
  author: {produce: {at_start: 50}}
  consumer: {follow: author}
strategy: {name: single, interval: 1 s}
network: {topology: line, link: {delay: 5 ms, rate: 100 kbit/s}}
expect: [{converged: author, on: consumer}]
sweep:
  network.link.loss: [0 %, 5 %, 20 %]
  network.link.delay: [5 ms, 100 ms]
  strategy.interval: [1 s, 3 s]
  seeds: 10
YAML

expect 0 'Examples: tssb sweep' "$tssb" sweep --help
expect 2 'it takes one scenario file' "$tssb" sweep
expect 2 "-j takes a number from 1 to 256, not '0'" "$tssb" sweep -j 0 catch-up.yaml
expect 2 "not 'many'" "$tssb" sweep catch-up.yaml --seeds many
expect 2 '--set seed=N' "$tssb" sweep catch-up.yaml --seed 7
expect 2 'unknown option --sed' "$tssb" sweep catch-up.yaml --sed 7

# The same content for any number of workers; once all is there, nothing is done.
expect 0 'catch-up: 120 runs, 120 passed' "$tssb" sweep catch-up.yaml -j 1 --out one.sqlite
expect 0 'by 2 workers' "$tssb" sweep catch-up.yaml -j 2
expect 0 'by 5 workers' "$tssb" sweep catch-up.yaml -j 5 --out five.sqlite
same one.sqlite results/catch-up.sqlite
same one.sqlite five.sqlite
alone one.sqlite
alone results/catch-up.sqlite
[ "$(ask one.sqlite 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] || complain 'the results file is damaged'
expect 0 'there already: 120' "$tssb" sweep catch-up.yaml --out five.sqlite
same one.sqlite five.sqlite

# In the order of the grid, with its settings; the same run as tssb run makes of it.
[ "$(ask one.sqlite 'SELECT settings FROM run WHERE id = 12')" = \
    '["network.link.loss=0 %","network.link.delay=5 ms","strategy.interval=3 s","seed=2"]' ] ||
    complain "run 12 is $(ask one.sqlite 'SELECT settings FROM run WHERE id = 12')"
expect 0 "$(ask one.sqlite 'SELECT digest FROM run WHERE id = 120')" "$tssb" run catch-up.yaml --out none --seed 10 \
    --set 'network.link.loss=20 %' --set 'network.link.delay=100 ms' --set 'strategy.interval=3 s'
expect 0 '' "$tssb" run --replay one.sqlite 77 --out none

# More seeds: only the new ones.
cp one.sqlite more.sqlite
expect 0 'there already: 120' "$tssb" sweep catch-up.yaml --seeds 11 --out more.sqlite
[ "$(ask more.sqlite 'SELECT count(*), count(DISTINCT settings) FROM run')" = '132|132' ] ||
    complain 'a longer sweep did what was there'

# A worker is killed: its run is done again.
"$tssb" sweep catch-up.yaml -j 2 --out killed.sqlite >out 2>err &
sweep=$!
kill -9 "$(a_worker $sweep)"
wait $sweep || complain "a sweep that lost a worker ended with $?"
grep -q 'a worker was ended by signal 9' err || complain "nothing was said of the killed worker: $(cat err)"
same one.sqlite killed.sqlite

# The whole sweep is killed: its workers end, and what they did is taken over.
"$tssb" sweep catch-up.yaml -j 2 --out taken-up.sqlite >out 2>err &
sweep=$!
worker=$(a_worker $sweep)
sleep 0.1
kill -9 $sweep
wait $sweep 2>/dev/null || true
for _ in {1..100}; do
    kill -0 "$worker" 2>/dev/null || break
    sleep 0.05
done
kill -0 "$worker" 2>/dev/null && complain 'a worker outlives its sweep'
expect 0 'catch-up: 120 runs, 120 passed' "$tssb" sweep catch-up.yaml -j 2 --out taken-up.sqlite
same one.sqlite taken-up.sqlite
alone taken-up.sqlite

# Ctrl-C keeps what was done.
"$tssb" sweep catch-up.yaml -j 1 --seeds 300 --out interrupted.sqlite >out 2>err &
sweep=$!
a_worker $sweep >/dev/null
sleep 0.3
kill -TERM $sweep
status=0
wait $sweep || status=$?
[ $status -eq 143 ] || complain "a sweep that was ended with SIGTERM gave $status"
grep -q 'missing' out || complain "nothing is said of missing runs: $(cat out)"
done=$(ask interrupted.sqlite 'SELECT count(*) FROM run')
[ "$((done > 0 && done < 3600))" -eq 1 ] || complain "an interrupted sweep has $done runs"
alone interrupted.sqlite
expect 0 'there already' "$tssb" sweep catch-up.yaml -j 2 --seeds 10 --out interrupted.sqlite

# A point that fails is recorded and stops nothing; one that is tried again keeps its number.
cat >corner.yaml <<'YAML'
name: corner
duration: 10 s
nodes: {a: {produce: {at_start: 1}}, b: {follow: a}}
sweep:
  network.topology: [line, edges]
  network.edges: [[{between: [a, b]}], [{between: [b, a]}]]
expect: [{converged: a, on: b}]
YAML
expect 1 '4 runs, 2 passed, 2 ended with errors' "$tssb" sweep corner.yaml --out corner.sqlite
expect 1 '2 ended with errors' "$tssb" sweep corner.yaml --out corner.sqlite
[ "$(ask corner.sqlite "SELECT group_concat(id), sum(error IS NOT NULL AND parameters = '{}') FROM run")" = '1,2,3,4|2' ] ||
    complain "a failed point was recorded as $(ask corner.sqlite 'SELECT id, outcome, error FROM run')"
expect 1 '4 ended with errors' "$tssb" sweep corner.yaml --seeds 2 --out seeds.sqlite
[ "$(ask seeds.sqlite 'SELECT group_concat(seed) FROM run')" = '1,2,1,2,1,2,1,2' ] || complain 'failed points have other seeds'
expect 1 '1 failed an expectation' "$tssb" sweep corner.yaml --out loss.sqlite --set 'sweep={network.link.loss: [100 %, 0 %]}'
expect 1 '1 failed an expectation' "$tssb" sweep corner.yaml --out loss.sqlite --set 'sweep={network.link.loss: [100 %, 0 %]}'

# Two workers die of the same run: the others' runs are kept, and it is done when there is another chance.
cat >long.yaml <<'YAML'
name: long
duration: 1 s
record: summary
nodes: {a: {produce: {every: 1 s}}, b: {count: 20, follow: a}}
YAML
grid='sweep={duration: [1 s, 100000 h, 2 s]}'
"$tssb" sweep long.yaml -j 1 --out long.sqlite --set "$grid" >out 2>err &
sweep=$!
for _ in 1 2; do
    worker=$(a_worker $sweep)
    sleep 0.3
    kill -9 "$worker"
    sleep 0.2
done
status=0
wait $sweep || status=$?
[ $status -eq 1 ] || complain "a sweep with a run that kills its workers ended with $status"
grep -q '3 runs, 2 passed, 1 ended with an error' out || complain "it says: $(cat out)"
[ "$(ask long.sqlite "SELECT group_concat(id), max(error) FROM run")" = \
    '1,2,3|its process was ended by signal 9 (Killed), twice' ] ||
    complain "it is recorded as $(ask long.sqlite 'SELECT id, outcome, error FROM run')"

# Another sweep may not write to the same file meanwhile.
"$tssb" sweep long.yaml -j 1 --out busy.sqlite --set "$grid" >out 2>err &
sweep=$!
a_worker $sweep >/dev/null
sleep 0.3
expect 3 'busy.sqlite: another tssb sweep writes to it' "$tssb" sweep long.yaml --seeds 1 --out busy.sqlite
kill -9 $sweep
wait $sweep 2>/dev/null || true
sleep 0.2

# What a killed sweep left is kept by one with another grid.
expect 0 'long: 1 run' "$tssb" sweep long.yaml --seeds 1 --out busy.sqlite
[ "$(ask busy.sqlite 'SELECT count(*) FROM run')" = 2 ] || complain 'what a killed sweep left is gone'
alone busy.sqlite

# Grids and files that are wrong: nothing runs, nothing is touched.
rm -rf results
expect 2 'catch-up.yaml:12:3: sweep: 12000000 runs, 12 combinations of values with 1000000 seeds each' \
    "$tssb" sweep catch-up.yaml --seeds 1000000
while IFS='|' read -r text grid; do
    expect 2 "$text" "$tssb" sweep catch-up.yaml --set "sweep=$grid"
done <<'TABLE'
did you mean 'delay'|{network.link.dely: [1 ms]}
there is no value to try|{network.link.delay: []}
a list is due|{network.link.delay: 1 ms}
has no unit|{network.link.delay: [1 ms, 5]}
there is no sweep|{}
TABLE
expect 2 'none.yaml' "$tssb" sweep none.yaml
[ ! -e results ] || complain 'a wrong grid made a results file'
echo 'a letter' >letter.sqlite
cp one.sqlite old.sqlite
sqlite3 old.sqlite 'PRAGMA user_version = 0'
cp old.sqlite before
expect 3 'letter.sqlite: is not an SQLite database' "$tssb" sweep catch-up.yaml --out letter.sqlite
expect 3 'old.sqlite: is a results database of version 0' "$tssb" sweep catch-up.yaml --out old.sqlite
cmp -s old.sqlite before || complain 'a results file of another version was changed'
expect 3 'nowhere/x.sqlite' "$tssb" sweep catch-up.yaml --out nowhere/x.sqlite

[ $failures -eq 0 ]
