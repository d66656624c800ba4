#!/usr/bin/env bash
# The seed's transitive story in three network namespaces, joined by a switch in a fourth: each node has a network, an
# address and the seed's multicast group to itself, and a link that goes down and up.
#
# Usage: net_namespaces.sh TSSB      as root; where namespaces cannot be made it is skipped (exit status 77)
set -euo pipefail
# shellcheck source=sim/test/net_support.sh
. "$(dirname "$0")/net_support.sh"
spaces=()

leave() {
    local space
    finish
    for space in "${spaces[@]}"; do
        ip netns del "$space" 2>/dev/null || true
    done
}
trap leave EXIT

space() {
    ip netns add "$1" 2>/dev/null || { echo 'skipped: network namespaces cannot be made here' && exit 77; }
    spaces+=("$1")
    ip -n "$1" link set lo up
}

command -v ip >/dev/null || { echo 'skipped: there is no ip' && exit 77; }
hub=tssb-hub-$$
space "$hub"
ip -n "$hub" link add switch type bridge mcast_snooping 0 2>/dev/null ||
    { echo 'skipped: no bridge can be made here' && exit 77; }
ip -n "$hub" link set switch up
number=0
for name in nodeA nodeB nodeC; do
    number=$((number + 1))
    space "tssb-$name-$$"
    ip -n "$hub" link add "to-$name" type veth peer name net0 netns "tssb-$name-$$"
    ip -n "$hub" link set "to-$name" master switch up
    ip -n "tssb-$name-$$" addr add "10.77.0.$number/24" dev net0
    ip -n "tssb-$name-$$" link set net0 up
done

# there NAME OPTION...: a node in its namespace, with the seed's group.
there() {
    local name=$1
    shift
    rm -f "$name.status"
    run "$name" ip netns exec "tssb-$name-$$" "$tssb" node "data/$name" --interval 300ms --mc-if net0 \
        --status "$name.status" "$@"
}

link() {
    ip -n "$hub" link set "to-$1" "$2"
}

init
link nodeC down
there nodeA --produce 100ms
there nodeB
there nodeC
says nodeB 'face mc 224.1.1.1/5000'
reaches nodeB 5
[ "$(front nodeC)" -eq 0 ] || fail 'nodeC got entries without a link'
link nodeA down
all=$(front nodeB)
link nodeC up
reaches nodeC "$all"
sleep 0.5
[ "$(front nodeC)" -eq "$(front nodeB)" ] || fail 'nodeC has what nodeB has not'
[ "$(front nodeA)" -gt "$all" ] || fail 'nodeA does not go on alone'
link nodeA up
reaches nodeC $(($(front nodeA) + 2))
stop nodeA
reaches nodeB "$(front nodeA)"
reaches nodeC "$(front nodeA)"
stop nodeB nodeC
agree nodeA nodeB nodeC
