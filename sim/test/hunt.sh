#!/usr/bin/env bash
# tssb hunt as a person uses it, and a short one: hunt.sh TSSB
set -euo pipefail
tssb=$1
hunted=$(cd "$(dirname "$0")" && pwd)/hunted
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail() {
    echo "hunt: $*" >&2
    exit 1
}

# status OF COMMAND...: fails unless it ends with this exit status.
status() {
    local due=$1 got=0
    shift
    "$@" >out 2>err || got=$?
    [ "$got" = "$due" ] || fail "$*: exit status $got instead of $due: $(cat out err)"
}

# A few worlds: nothing is found, and both are as many worlds, whoever does them.
status 0 "$tssb" hunt --runs 60 -j 1
grep -q '^60 worlds in ' out || fail "the summary: $(cat out)"
cut -d: -f2 out >one
status 0 "$tssb" hunt --runs 60 -j 2
cmp -s one <(cut -d: -f2 out) || fail "two workers saw other worlds than one: $(cat one out)"
grep -qx 'nothing found' out || fail "the summary: $(cat out)"

# By time.
status 0 "$tssb" hunt --for 300ms -j 1 --seed 5000 --nodes 4

# A scenario file, judged by its expectations, too.
cat >lost.yaml <<'END'
name: lost
duration: 10 s
nodes: {a: {produce: {at_start: 1}}, b: {follow: a}}
network: {link: {loss: 100 %}}
expect: [{converged: a}]
END
status 1 "$tssb" hunt lost.yaml
grep -qx 'lost.yaml: at 10.000000 s, all is well again, and an expectation is not met: converged a on all who follow' out ||
    fail "lost.yaml: $(cat out)"
sed -i 's/100 %/1 %/' lost.yaml
status 0 "$tssb" hunt lost.yaml
status 2 "$tssb" hunt nowhere.yaml

# What hunts have found: none of it is there any more.
status 0 "$tssb" hunt "$hunted"/*.yaml
scenarios=$hunted/../../../scenarios
status 0 "$tssb" hunt "$scenarios"/{courier,credit,forked,mutual-feeds,sidechains,transitive-sync}.yaml

# Misuse.
status 2 "$tssb" hunt --runs 0
status 2 "$tssb" hunt --for never
status 2 "$tssb" hunt --nodes 2
status 2 "$tssb" hunt -j 0
status 2 "$tssb" hunt --frobnicate
touch file
status 3 "$tssb" hunt --runs 1 --out file/folder

# Ctrl-C ends it with what it knows.
"$tssb" hunt --runs 1000000 --seed 9000 -j 1 >out 2>err &
hunting=$!
sleep 1
kill -TERM "$hunting"
got=0
wait "$hunting" || got=$?
[ $got -eq 143 ] || fail "terminated: exit status $got"
grep -qx 'nothing found' out || fail "terminated: $(cat out err)"
