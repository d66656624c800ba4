#!/usr/bin/env bash
# Side chains between real processes on loopback multicast: a file written by a stream, fetched by nodeB while it comes
# and goes, handed on to nodeC in nodeA's absence as far as nodeB has it, and read back.
#
# Usage: net_blobs.sh TSSB
set -euo pipefail
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
export GCOV_PREFIX=$scratch/counts # a process that is killed while it writes its line counts would spoil all
init

# expect STATUS TEXT COMMAND...: the command ends with this status and says this on standard error.
expect() {
    local due=$1 text=$2 status=0
    shift 2
    "$@" >expect.out 2>expect.err || status=$?
    [ "$status" = "$due" ] || fail "$* ended with $status, not $due"
    grep -qF -- "$text" expect.err || fail "$* did not say '$text' but: $(cat expect.err)"
}

missing() {
    "$tssb" check "data/$1" --json | jq .missing_blobs
}

lacks() {
    [ "$(missing "$1")" = "$2" ]
}

# A file, a pipe, and what is not long enough for a chain.
head -c 300000 /dev/urandom >file
"$tssb" append data/nodeA --file file >/dev/null
"$tssb" append data/nodeA <file >/dev/null
head -c 50000 /dev/urandom >other
"$tssb" append data/nodeA < <(cat other) >/dev/null
echo short | "$tssb" append data/nodeA >/dev/null
for seq in 1 2; do
    "$tssb" dump data/nodeA --content $seq | cmp - file || fail "entry $seq is not what was appended"
done
"$tssb" dump data/nodeA --content 3 | cmp - other || fail 'what came by a pipe is not what was appended'
[ "$("$tssb" dump data/nodeA --content 4)" = short ] || fail 'a short content is not what was appended'
[ -z "$(find data/nodeA -name 'append.*')" ] || fail 'append left something behind'
lacks nodeA 0 || fail 'nodeA lacks blobs of its own'

# Who never fetches has the entries, and says what is missing.
node nodeA --mc "$group" --mc-if lo
node nodeB --mc "$group" --mc-if lo --blobs never
reaches nodeB 4
stop nodeB
lacks nodeB 6500 || fail "nodeB lacks $(missing nodeB) blobs, not 2 x 3000 + 500"
expect 1 'entry 1 ends after 23 of 300000 bytes: blob ' "$tssb" dump data/nodeB --content 1
expect 2 'entry 5: not held here' "$tssb" dump data/nodeB --content 5

# It begins to fetch and is killed in between: what it has got stays, and is found again.
some() {
    [ "$(find "data/$1/_blob" -type f 2>/dev/null | wc -l)" -gt 300 ]
}
node nodeB --mc "$group" --mc-if lo --credit 20
eventually 'nodeB has some blobs' some nodeB
crash nodeB
kept=$(find data/nodeB/_blob -type f | wc -l)
stop nodeA

# nodeC gets that part from nodeB, and the rest when nodeA is back.
node nodeB --mc "$group" --mc-if lo
node nodeC --mc "$group" --mc-if lo
reaches nodeC 4
as_many() {
    [ "$(find data/nodeC/_blob -type f 2>/dev/null | wc -l)" -ge "$kept" ]
}
eventually 'nodeC has what nodeB has' as_many
node nodeA --mc "$group" --mc-if lo
for name in nodeB nodeC; do
    eventually "$name has all blobs" lacks $name 0
done
stop nodeA nodeB nodeC
for name in nodeB nodeC; do
    "$tssb" dump data/$name --content 2 | cmp - file || fail "$name has other content"
    "$tssb" dump data/$name --content 3 | cmp - other || fail "$name has other content"
done
same=$(find data/nodeA/_blob -type f | wc -l)
[ "$same" = 3500 ] || fail "the same content is stored twice: $same blobs"
