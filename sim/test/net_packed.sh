#!/usr/bin/env bash
# A side chain of some MiB in packs, between real processes on loopback multicast: written by a stream, fetched by nodeB,
# which is killed several times on the way, read back, damaged and repaired.
#
# Usage: net_packed.sh TSSB [MIB]
set -euo pipefail
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
export GCOV_PREFIX=$scratch/counts # a process that is killed while it writes its line counts would spoil all
mib=${2:-2}
"$tssb" init data --node nodeA nodeB --blobs packed >init.out 2>init.log || fail 'tssb init failed'

# more NODE SIZE: its pack is larger than so many bytes.
more() {
    [ "$(stat -c %s "data/$1/_pack/blobs")" -gt "$2" ]
}

whole() {
    [ "$("$tssb" check "data/$1" --json | jq .missing_blobs)" = 0 ]
}

head -c "${mib}M" /dev/urandom >file
"$tssb" append data/nodeA --file file >/dev/null
"$tssb" append data/nodeA --file file >/dev/null
"$tssb" dump data/nodeA --content 1 | cmp - file || fail 'entry 1 is not what was appended'
blobs=$("$tssb" check data/nodeA --json | jq .blobs)
[ "$blobs" = $(((mib * 1048576 + 76) / 100)) ] || fail "the same content is stored twice: $blobs blobs"

node nodeA --mc "$group" --mc-if lo
for part in 1 2 3; do
    node nodeB --mc "$group" --mc-if lo --credit 50
    eventually "nodeB has a part of the blobs" more nodeB $((part * 200000))
    crash nodeB
    status=0
    "$tssb" check data/nodeB >check.out || status=$?
    [ $status = 0 ] || fail "nodeB does not check after a crash: $(cat check.out)"
done
node nodeB --mc "$group" --mc-if lo
eventually 'nodeB has all blobs' whole nodeB
stop nodeA nodeB
for seq in 1 2; do
    "$tssb" dump data/nodeB --content $seq | cmp - file || fail "nodeB has another entry $seq"
done

# A torn end is cut, and a lost index made anew.
printf 'half a record' >>data/nodeB/_pack/blobs
rm data/nodeB/_pack/index
! "$tssb" check data/nodeB >check.out || fail 'a lost index was not found'
"$tssb" check data/nodeB --repair | grep -q 'cut: 13 bytes' || fail 'a torn end was not cut'
whole nodeB || fail 'the repair has lost blobs'
"$tssb" dump data/nodeB --content 2 | cmp - file || fail 'the repair has changed blobs'
