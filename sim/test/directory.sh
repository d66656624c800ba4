#!/usr/bin/env bash
# Data directories as a person uses and misuses them: init, append, dump, check, and what the files are.
#
# Usage: directory.sh TSSB
set -euo pipefail
tssb=$(realpath "$1")
# shellcheck source=sim/test/expect.sh
. "$(dirname "$0")/expect.sh"
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
cd "$scratch"

# same WHAT A B
same() {
    [ "$2" = "$3" ] || complain "$1: '$2' is not '$3'"
}

size() {
    stat -c %s "$1"
}

feed_of() {
    jq -r .feedID "$1/config.json"
}

# patch FILE OFFSET HEX: overwrites bytes.
patch() {
    local i
    for ((i = 0; i < ${#3}; i += 2)); do
        printf '%b' "\\x${3:i:2}"
    done | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Help and misuse.
for command in init append dump check; do
    expect 0 "Usage: tssb $command" "$tssb" "$command" --help
    expect 0 'Example: tssb' "$tssb" "$command" --help
    expect 2 'unknown option --nonsense' "$tssb" "$command" --nonsense
done
expect 2 "'a/b' cannot be the name" "$tssb" init --node a/b
expect 2 "is no scheme" "$tssb" init --scheme rsa
expect 2 'too many' "$tssb" init one two
expect 2 "takes a node's directory" "$tssb" append
expect 2 'not both' "$tssb" append x text --file y
expect 2 'one node' "$tssb" dump
expect 2 'is not a feed' "$tssb" dump x --feed 12
expect 2 'one node' "$tssb" check a b
for command in dump check; do
    expect 2 'tssb init' "$tssb" "$command" nowhere
done
expect 2 'tssb init' "$tssb" append nowhere text

# The seed's layout; a second init changes nothing.
expect 0 'data/nodeA' "$tssb" init
same layout "$(find data | sort | tr '\n' ' ')" "data $(for n in A B C; do
    printf 'data/node%s data/node%s/_blob data/node%s/_logs data/node%s/config.json data/node%s/state.json ' $n $n $n $n $n
done)"
same 'mode of the secret' "$(stat -c %a data/nodeA/config.json)" 600
same state "$(cat data/nodeA/state.json)" '{}'
same fields "$(jq -c keys_unsorted data/nodeA/config.json)" '["name","feedID","secret","msgID0","trusted"]'
same trust "$(jq -c '[.trusted[][0]]' data/nodeC/config.json)" "[\"$(feed_of data/nodeA)\",\"$(feed_of data/nodeB)\"]"
cp data/nodeA/config.json before
expect 2 'exists already' "$tssb" init
cmp -s before data/nodeA/config.json || complain 'init changed a node'
expect 2 'exists already' "$tssb" init data --node new --node nodeB
[ ! -e data/new ] || complain 'a refused init made a node'

# Demo 1 of the seed: the first entry, more entries, a side chain, all of them dumped.
fid=$(feed_of data/nodeA)
log=data/nodeA/_logs/$fid.log
long=$(for i in $(seq 10); do printf 'more than 48 bytes is '; done)
expect 0 1 "$tssb" append data/nodeA 'hello, first log entry'
for node in B C; do
    same 'anchor of a consumer' "$(size data/node$node/_logs/"$fid".log)" 128
done
same 'logs of a consumer' "$(find data/nodeB/_logs -type f | wc -l)" 1
for i in 2 3 4 5 6; do
    expect 0 $i "$tssb" append data/nodeA "$(printf "$i%.0s" {1..48})"
done
expect 0 7 "$tssb" append data/nodeA "$long"
same 'size of the log' "$(size "$log")" $((128 * 8))
same blobs "$(find data/nodeA/_blob -type f | wc -l)" 2
expect 0 '[1] hello, first log entry' "$tssb" dump data/nodeA
expect 0 "[7] $long" "$tssb" dump data/nodeA
expect 0 'no entries after 0' "$tssb" dump data/nodeB
same 'entries as JSON' "$("$tssb" dump data/nodeA --json | jq -r '.feeds[].entries[6].text')" "$long"
expect 0 '7 good entries, 2 good blobs, 0 things wrong' "$tssb" check data/nodeA
same 'check as JSON' "$("$tssb" check data/nodeA --json | jq -c '[.logs, .entries, .blobs, .wrong]')" '[1,7,2,0]'
same 'sequence of the dump' "$("$tssb" dump data/nodeA --json | jq -c '[.feeds[].entries[].seq]')" '[1,2,3,4,5,6,7]'

# Any bytes, from a file and from standard input; what is no text is hexadecimal.
head -c 5000 /dev/urandom >random
expect 0 8 "$tssb" append data/nodeA --file random
same 'random bytes' "$("$tssb" dump data/nodeA --json | jq -r '.feeds[].entries[7].hex')" "$(od -An -tx1 -v random | tr -d ' \n')"
printf 'caf\303\251\n' | "$tssb" append data/nodeA >out || complain 'append does not read standard input'
same 'from standard input' "$("$tssb" dump data/nodeA --json | jq -r '.feeds[].entries[8].text')" $'caf\303\251'
printf 'a\033[2J' | "$tssb" append data/nodeA >out
expect 0 '[10] 0x611b5b324a' "$tssb" dump data/nodeA
"$tssb" append data/nodeA <random >/dev/null
same 'the same blobs twice' "$(find data/nodeA/_blob -type f | wc -l)" 52
expect 0 12 "$tssb" append data/nodeA ''
expect 0 13 "$tssb" append data/nodeA -- --dashed
expect 2 'none' "$tssb" append data/nodeA --file none
expect 2 'data' "$tssb" append data/nodeA --file data
expect 0 'feed' "$tssb" dump data/nodeA --feed "$fid"
expect 2 'holds no log of this feed' "$tssb" dump data/nodeA --feed "$(feed_of data/nodeB)"

# A blob that is missing is named, and one that was changed is not shown.
blob=$("$tssb" dump data/nodeA --json | jq -r '.feeds[].entries[6].mid' >/dev/null && find data/nodeA/_blob -type f | head -1)
mv "$blob" kept
name=${blob#data/nodeA/_blob/}
expect 0 "(blob ${name/\//} is missing)" "$tssb" dump data/nodeA
cp kept "$blob"
patch "$blob" 0 ff
expect 0 "(blob ${name/\//} is missing)" "$tssb" dump data/nodeA
expect 1 "$blob: blob does not hash to its pointer" "$tssb" check data/nodeA
cp kept "$blob"
expect 0 '0 things wrong' "$tssb" check data/nodeA

# Logs that are damaged: named, refused, left as they are.
cp "$log" good
damaged() {
    cp "$log" before
    expect 1 "$1" "$tssb" check data/nodeA
    expect 2 "$fid.log" "$tssb" append data/nodeA more
    expect 2 "$fid.log" "$tssb" dump data/nodeA
    cmp -s "$log" before || complain "'$1': the damaged log was changed"
    cp good "$log"
}
truncate -s -57 "$log" && damaged 'ends behind entry 12, and its front is entry 13'
truncate -s 100 "$log" && damaged 'is shorter than its header'
truncate -s 0 "$log" && damaged 'is shorter than its header'
patch "$log" $((128 * 5 + 40)) ff && damaged 'entry 5: bad signature'
patch "$log" 104 00000009 && damaged 'has not the message ID'
patch "$log" 104 0000ffff && damaged 'and its front is entry 65535'
patch "$log" 120 ffffffff && damaged 'has not the message ID'
patch "$log" 0 01 && damaged 'first 12 bytes'
cp "data/nodeB/_logs/$fid.log" other && patch other 12 aaaa && cp other "$log" && damaged 'anchor'
expect 0 '0 things wrong' "$tssb" check data/nodeA

# A torn tail is cut, by the next opening or by the check.
head -c 57 /dev/urandom >>"$log"
expect 1 '57 bytes behind entry 13' "$tssb" check data/nodeA
expect 0 'cut: 57 bytes of a torn entry 14' "$tssb" check data/nodeA --repair
cmp -s "$log" good || complain 'the repaired log is not what it was'
head -c 127 /dev/zero >>"$log"
"$tssb" append data/nodeA 'after a crash' >out 2>err || complain 'append does not repair'
grep -q 'cut: 127 bytes of a torn entry 14' err || complain "append does not say what it cut: $(cat err)"
same 'after the repair' "$(cat out)" 14
truncate -s -57 "$log"
expect 0 'cut: 71 bytes of a torn entry 14' "$tssb" check data/nodeA --repair
cmp -s "$log" good || complain 'the cut log is not what it was'
"$tssb" append data/nodeA 'again' >/dev/null
patch "$log" 104 0000000d"$(od -An -tx1 -v -j108 -N20 good | tr -d ' \n')"
expect 0 'rolls it forward' "$tssb" check data/nodeA
"$tssb" append data/nodeA 'more' >out 2>err
grep -q 'rolled forward from entry 13 to 14' err || complain "append does not roll forward: $(cat err)"
same 'after rolling forward' "$(cat out)" 15

# Two writers: the second is refused, and named the first.
flock -x data/nodeA/lock -c "exec '$tssb' append data/nodeA second" >out 2>err && complain 'a second writer was let in'
grep -q 'two writers would fork' err || complain "the second writer was told: $(cat err)"
flock -x data/nodeA/lock "$tssb" dump data/nodeA >/dev/null 2>err || complain 'a reader was kept out'

# hmac-sha512: a directory says what it is, and takes nothing of the other scheme.
expect 0 'hm/nodeA' "$tssb" init hm --scheme hmac-sha512
same 'the shared secret' "$(cat hm/*/config.json | jq -r .secret | sort -u | wc -l)" 1
same 'scheme' "$(jq -r .scheme hm/nodeB/config.json)" hmac-sha512
expect 0 1 "$tssb" append hm/nodeA 'signed by all'
expect 0 'signed by all' "$tssb" dump hm/nodeA
expect 0 '1 good entries' "$tssb" check hm/nodeA
cp "$log" hm/nodeA/_logs/
expect 2 'another scheme' "$tssb" dump hm/nodeA
expect 1 'another scheme' "$tssb" check hm/nodeA
cp hm/nodeA/_logs/"$(feed_of hm/nodeA)".log data/nodeC/_logs/
expect 2 'another scheme' "$tssb" append data/nodeC text

# Other names, and config.json with errors.
expect 0 'x/bob' "$tssb" init x --node alice bob --node carol
same names "$(find x -maxdepth 1 -mindepth 1 | sort | tr '\n' ' ')" 'x/alice x/bob x/carol '
jq 'del(.secret)' x/alice/config.json >edited && cp edited x/alice/config.json
expect 2 'x/alice/config.json:17: secret: is missing' "$tssb" append x/alice text
echo '{"name": 3}' >x/bob/config.json
expect 2 'x/bob/config.json:1: name: must be a text' "$tssb" check x/bob
printf '{\n"name" 3}' >x/carol/config.json
expect 2 'x/carol/config.json:2:' "$tssb" dump x/carol

# Where nothing can be written, all stays as it was.
cp "$log" before
(
    trap '' XFSZ
    ulimit -f 1 # KiB, which the log is longer than
    exec "$tssb" append data/nodeA 'too much'
) >out 2>err && complain 'append went past the end of the disk'
grep -q 'append an entry: File too large' err || complain "a full disk was reported as: $(cat err)"
cmp -s before "$log" || complain 'a full disk changed the log'
if [ "$(id -u)" -ne 0 ]; then
    chmod a-w data/nodeB data/nodeB/lock 2>/dev/null || chmod a-w data/nodeB
    expect 3 'data/nodeB' "$tssb" append data/nodeB text
fi
echo file >plain
expect 3 'plain' "$tssb" init plain
expect 2 'plain' "$tssb" append plain text
# Without standard output, what is meant for it goes into no file that is opened in its place.
"$tssb" append data/nodeA 'nobody is told the number' >&- 2>err && complain 'a closed output went unnoticed'
expect 0 ', 0 things wrong' "$tssb" check data/nodeA
[ ! -e /dev/full ] || { "$tssb" dump data/nodeA >/dev/full 2>err && complain 'a full output went unnoticed'; }

# A text of several lines cannot pass for several entries.
"$tssb" init lines --node one >out
"$tssb" append lines/one $'first\n[2] forged' >out
expect 0 '    [2] forged' "$tssb" dump lines/one
same 'lines that look like entries' "$(grep -c '^\[' out)" 1

[ $failures -eq 0 ]
