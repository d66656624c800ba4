#!/usr/bin/env bash
# A real node syncs with a virtual network of two hundred through one gateway; and the session, repeated from its record,
# has the same digest.
#
# Usage: net_gateway.sh TSSB
set -euo pipefail
scenario=$(realpath "$(dirname "$0")/../../scenarios/real/gateway.yaml")
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
port=${group#*/}

# The same seed makes the same feed.
"$tssb" run "$scenario" --out before.sqlite --set 'faces=[]' >before.out || fail 'the virtual network alone fails'
fid=$(sqlite3 -readonly before.sqlite 'SELECT feed_id FROM feed')
"$tssb" init data --node real >init.out
"$tssb" trust data/real "$fid"
"$tssb" trust data/real "$fid" || fail 'to trust a feed twice is no mistake'
! "$tssb" trust data/real 12ab 2>misuse.log || fail 'any text passes for a feed ID'

run world "$tssb" run "$scenario" --out world.sqlite --set 'duration=8 s' --set "faces=[{node: gateway, listen: $port}]"
node real --udp "127.0.0.1/$port"
reaches real 10
stop real
"$tssb" check data/real >check.out || fail "$(cat check.out)"
wait "${running[world]}" || fail 'the virtual network did not converge'
unset 'running[world]'

[ "$(sqlite3 -readonly world.sqlite 'SELECT count(*) > 10 FROM incoming')" = 1 ] || fail 'nothing came in'
for repeat in 1 2; do
    "$tssb" run --replay world.sqlite 1 --out none >repeat.out 2>repeat.log || fail "repeat $repeat: $(cat repeat.log)"
    grep -q 'the digest is the same' repeat.log || fail "repeat $repeat: another digest"
done
