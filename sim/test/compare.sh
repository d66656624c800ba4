#!/usr/bin/env bash
# tssb compare as a person uses it: a small sweep whose answers can be said beforehand, and runs that do not compare.
#
# Usage: compare.sh TSSB
set -euo pipefail
tssb=$(realpath "$1")
# shellcheck source=sim/test/expect.sh
. "$(dirname "$0")/expect.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# value FILTER DB OPTION...: of the report.
value() {
    local filter=$1
    shift
    "$tssb" compare "$@" --json | jq -c "$filter"
}

# expect_value DUE FILTER DB OPTION...
expect_value() {
    local due=$1 got
    shift
    got=$(value "$@")
    [ "$got" = "$due" ] || complain "'$*' gave $got, not $due"
}

# A consumer that is twenty entries behind, over a lossy link: without loss an entry takes a round trip of a request of 43 B
# and an answer of 120 B, at 100 kbit/s and twice the delay: 20 x (13.04 ms + 10 ms) = 0.4608 s with 5 ms.
cat >catch-up.yaml <<'YAML'
name: catch-up
duration: 100 s
stop: level
record: summary
nodes:
  author: {produce: {at_start: 20}}
  consumer: {follow: author}
strategy: {name: single, interval: 1 s}
network: {topology: line, link: {delay: 5 ms, rate: 100 kbit/s}}
sweep:
  network.link.loss: [0 %, 20 %, 100 %]
  network.link.delay: [5 ms, 100 ms]
  strategy: [{name: single, interval: 1 s}, {name: single, interval: 3 s}]
  seeds: 20
YAML
db=results/catch-up.sqlite
"$tssb" sweep catch-up.yaml >/dev/null

expect 0 'Examples: tssb compare' "$tssb" compare --help
expect 2 'it takes one results file' "$tssb" compare
expect 2 '--json and --csv both want standard output' "$tssb" compare $db --json --csv
expect 2 "--where takes PARAM=VALUE, not 'loss'" "$tssb" compare $db --where loss
expect 2 "unknown option --bye" "$tssb" compare $db --bye x

# All that was swept, in the order of the grid; no line is longer than 100 columns.
expect 0 'catch-up latency' "$tssb" compare $db
grep -q '40 catch-ups never ended' out && complain 'all catch-ups under total loss are not 40'
grep -q '80 catch-ups never ended' out || complain "nothing is said of catch-ups that never ended: $(head -3 out)"
[ "$(wc -L <out)" -le 100 ] || complain "a line is $(wc -L <out) columns wide"
expect_value '["network.link.loss","network.link.delay","strategy"]' .parameters $db
expect_value 12 '.groups | length' $db
expect_value '{"network.link.loss":"0 %","network.link.delay":"5 ms","strategy":"single, interval: 1 s"}' '.groups[0].values' $db
expect_value '{"value":0.4608,"low":0.4608,"high":0.4608}' '.groups[0].latency_s.median' $db
expect_value '[20,20,20,0]' '.groups[0] | [.runs, .seeds, .catchups, .never_ended]' $db

# What never ended is null, and counts as longest.
expect_value '[20,{"value":null,"low":null,"high":null}]' '.groups[8] | [.never_ended, .latency_s.median]' $db

# By one parameter, the others together: the seed is what is resampled.
expect_value '[[80,20],[80,20],[80,20]]' '[.groups[] | [.runs, .seeds]]' $db --by network.link.loss
expect_value '["5 ms","100 ms"]' '[.groups[].values["network.link.delay"]]' $db --by network.link.delay
expect_value '["single"]' '[.groups[].values["strategy.name"]]' $db --by strategy.name
expect_value '["100 kbit/s"]' '[.groups[].values["network.link.rate"]]' $db --by network.link.rate

# However many runs there are with it, one seed says nothing about how seeds differ.
"$tssb" sweep catch-up.yaml --seeds 1 --out seed.sqlite >/dev/null
expect_value '[12,1,true]' '.groups[0] | [.runs, .seeds, (.latency_s.median | .low == .value and .high == .value)]' \
    seed.sqlite --by strategy.name

# The same numbers each time.
cmp -s <("$tssb" compare $db --json) <("$tssb" compare $db --json) || complain 'the same comparison gave other numbers'

# Against a baseline: without loss, 100 ms instead of 5 ms takes (13.04 + 200) / (13.04 + 10) = 9.25 times as long.
cost() {
    value ".groups[$1].latency_s.ratio | [(.value * 100 | round), .pairs, .excludes_1]" $db --baseline 'network.link.delay=5 ms'
}
[ "$(cost 2)" = '[925,20,true]' ] || complain "the ratio without loss is $(cost 2)"
[ "$(cost 10)" = '[100,20,false]' ] || complain "the ratio of what never ended is $(cost 10)"
expect_value null '.groups[0].latency_s.ratio' $db --baseline 'network.link.delay=5 ms'
expect_value '[[1,false],[true]]' '[[.groups[1].latency_s.ratio | .value, .excludes_1], [.groups[5].latency_s.ratio.excludes_1]]' \
    $db --baseline 'strategy={name: single, interval: 1 s}'
expect 0 'times the baseline strategy=single, interval: 1 s' "$tssb" compare $db --baseline 'strategy=single, interval: 1 s'

# For a program.
expect 0 'network.link.loss,network.link.delay,strategy,runs,seeds,catchups,never_ended,latency_s_median,latency_s_median_low' \
    "$tssb" compare $db --csv
[ "$(wc -l <out)" -eq 13 ] || complain 'the CSV has not a line a group'
grep -q '^0 %,5 ms,"single, interval: 1 s",20,20,20,0,0.4608,' out || complain "the CSV says $(sed -n 2p out)"
grep -q ',inf,' out || complain 'what never ended is not inf in the CSV'
expect 0 'packets of a whole run for each useful entry' "$tssb" compare $db --full

# What no run has, and a database that is none.
expect 2 "no run has a parameter 'network.link.los' (did you mean 'network.link.loss'?)" "$tssb" compare $db --by network.link.los
expect 2 "(there are: 0 %; 20 %; 100 %)" "$tssb" compare $db --where 'network.link.loss=5 %'
expect 2 "no run is the baseline 'strategy=window' (there are: single, interval: 1 s; " "$tssb" compare $db --baseline strategy=window
expect 3 'none.sqlite: No such file' "$tssb" compare none.sqlite
cp $db old.sqlite
sqlite3 old.sqlite 'PRAGMA user_version = 0'
expect 3 'is a results database of version 0' "$tssb" compare old.sqlite

# A run that is there twice counts once.
sed '/^sweep:/,$d' catch-up.yaml >plain.yaml
for _ in 1 2; do "$tssb" run plain.yaml --out twice.sqlite >/dev/null; done
expect 0 'twice.sqlite: 1 run, without 1 that only repeat others' "$tssb" compare twice.sqlite

# Other versions, other scenarios, runs without an end: not unless told to.
cp $db mixed.sqlite
sqlite3 mixed.sqlite "UPDATE run SET version = '0.0.9' WHERE id = 7"
expect 2 'its runs are of several versions of tssb: 0.1.0; 0.0.9 (--any-version' "$tssb" compare mixed.sqlite
expect 0 'catch-up latency' "$tssb" compare mixed.sqlite --any-version
cp $db mixed.sqlite
"$tssb" run plain.yaml --out mixed.sqlite >/dev/null
expect 2 'its runs are of several scenarios: catch-up, text ' "$tssb" compare mixed.sqlite
expect 0 'catch-up latency' "$tssb" compare mixed.sqlite --any-scenario
cp $db mixed.sqlite
sqlite3 mixed.sqlite "UPDATE run SET outcome = 'unfinished' WHERE id IN (7, 8)"
expect 2 '2 runs did not come to an end (--skip-unfinished' "$tssb" compare mixed.sqlite
expect 0 '238 runs, without 2 that are unfinished' "$tssb" compare mixed.sqlite --skip-unfinished

# A picture; and without the program that draws it.
mkdir empty
expect 3 'gnuplot, which draws the picture, is not installed (apt-get install gnuplot-nox)' \
    env PATH="$scratch/empty" "$tssb" compare $db --svg picture.svg
if command -v gnuplot >/dev/null; then
    expect 0 'catch-up latency' "$tssb" compare $db --svg picture.svg --by network.link.delay --by network.link.loss
    for text in 'catch-up latency (s)' network.link.delay '100 ms' 'loss 20 %' 'where most never ended'; do
        grep -qF ">$text" picture.svg || grep -qF "$text" picture.svg || complain "the picture has no '$text'"
    done
    grep -q 'loss 100 %' picture.svg && complain 'the picture has a line without points'
    expect 0 'catch-up latency' "$tssb" compare $db --svg percent.svg --by network.link.loss
    grep -qF '20 %' percent.svg || complain "the picture has no '20 %'"
    expect 3 'nowhere/x.svg: No such file or directory' "$tssb" compare $db --svg nowhere/x.svg
    expect 2 'there is nothing to draw: no catch-up ended' "$tssb" compare $db --svg x.svg --where 'network.link.loss=100 %'
    expect 2 'there is nothing to draw: the runs differ in no parameter' "$tssb" compare twice.sqlite --svg x.svg
fi

[ $failures -eq 0 ]
