# shellcheck shell=bash
# What the tests of commands share; sourced. Each complaint is counted, and the test goes on.
failures=0

complain() {
    echo "${0##*/}: $*" >&2
    failures=$((failures + 1))
}

# expect STATUS TEXT COMMAND...: the command ends so, and prints TEXT on standard error (status 2, 3) or output. One that
# fails prints nothing on standard output.
expect() {
    local status=$1 text=$2 got=0 where=out
    shift 2
    timeout 60 "$@" >out 2>err </dev/null || got=$?
    [ "$status" -lt 2 ] || where=err
    [ "$got" -eq "$status" ] || complain "'$*' ended with $got, not $status: $(cat err)"
    grep -qF -- "$text" "$where" || complain "'$*' did not print '$text' but: $(cat "$where")"
    [ "$status" -lt 2 ] || [ ! -s out ] || complain "'$*' failed and printed on standard output: $(head -3 out)"
}
