# shellcheck shell=bash
# What the tests of real nodes share. Sourced with the program as $1. Makes a folder of its own, where the test
# continues; when that ends, whatever it started is ended too. Traffic stays on the loopback interface, in a multicast
# group of this process, so that tests that run at the same time do not hear each other.
tssb=$(realpath "$1")
scratch=$(mktemp -d)
# shellcheck disable=SC2034 # for those who source this
group=239.255.$(($$ >> 8 & 255)).$(($$ & 255))/$((20000 + $$ % 20000))
declare -A running=()

finish() {
    local pid
    for pid in "${running[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT
cd "$scratch" || exit 1

fail() {
    local log
    echo "${0##*/}: $*" >&2
    for log in *.log; do
        [ ! -s "$log" ] || { echo "--- the end of $log" && tail -n 12 "$log"; } >&2
    done
    exit 1
}

# run NAME COMMAND...: starts it in the background; what it prints goes to NAME.out and to the end of NAME.log.
run() {
    local name=$1
    shift
    "$@" >"$name.out" 2>>"$name.log" </dev/null &
    running[$name]=$!
}

# service NAME ARGUMENT...: starts tssb so, with its status in NAME.status.
service() {
    local name=$1
    shift
    rm -f "$name.status"
    run "$name" "$tssb" "$@" --status "$name.status"
}

# node NAME OPTION...: starts `tssb node` on data/NAME, which asks again after 300 ms.
node() {
    local name=$1
    shift
    service "$name" node "data/$name" --interval 300ms "$@"
}

# stop NAME...: ends services as Ctrl-C does, which they must take well. The shell lets what it starts in the background
# ignore Ctrl-C, hence it waits until they are so far that they have a status.
stop() {
    local name status
    for name; do
        eventually "$name runs" test -s "$name.status"
        kill -INT "${running[$name]}" || fail "$name has ended before its time"
    done
    for name; do
        status=0
        wait "${running[$name]}" || status=$?
        unset "running[$name]"
        [ $status -eq 0 ] || fail "$name ended with $status"
    done
}

# crash NAME: kills it, as a crash does.
crash() {
    kill -KILL "${running[$1]}" || fail "$1 has ended before its time"
    wait "${running[$1]}" 2>/dev/null || true
    unset "running[$1]"
}

# eventually WHAT COMMAND...: waits until the command succeeds; fails after 30 s.
eventually() {
    local what=$1 i
    shift
    for ((i = 0; i < 600; i++)); do
        ! "$@" || return 0
        sleep 0.05
    done
    fail "not so after 30 s: $what"
}

# init NODE...: fresh data directories where the first node's feed is trusted by the others.
init() {
    "$tssb" init data >init.out 2>init.log || fail 'tssb init failed'
}

# front NODE: how many entries of nodeA's feed are in the node's log file, whose blocks are 128 B.
front() {
    local file size=128
    for file in "data/$1/_logs/"*.log; do
        [ ! -e "$file" ] || size=$(stat -c %s "$file")
    done
    echo $((size / 128 - 1))
}

has() {
    [ "$(front "$1")" -ge "$2" ]
}

logs() {
    grep -q -- "$2" "$1.log"
}

# reaches NODE COUNT
reaches() {
    eventually "$1 has $2 entries" has "$1" "$2"
}

# says NAME TEXT: its log has that, or soon will.
says() {
    eventually "$1 says '$2'" logs "$1" "$2"
}

# agree NODE NODE...: all logs check well, and are the same as the first one's to the byte. The nodes have ended.
agree() {
    local name first=$1
    for name; do
        "$tssb" check "data/$name" >check.out 2>&1 || fail "$name does not check: $(cat check.out)"
        cmp "data/$first/_logs/"*.log "data/$name/_logs/"*.log >&2 || fail "$name and $first differ"
    done
}

# last NAME FILTER: what jq finds in its last line of status.
last() {
    tail -n 1 "$1.status" | jq -e "$2"
}
