#!/usr/bin/env bash
# The narratives of three scenarios, word for word: sim/test/golden/NAME.trace.
#
# Usage: golden.sh TSSB [--update]    --update writes them anew, for a change that is meant to alter them
set -euo pipefail
tssb=$(realpath "$1")
cd "$(dirname "$0")/../.."

trace() {
    "$tssb" run "scenarios/$1.yaml" --out none --trace | sed '/^$/,$d'
}

for name in transitive-sync line-of-ten three-producers; do
    if [ "${2-}" = --update ]; then
        trace "$name" >"sim/test/golden/$name.trace"
    elif ! trace "$name" | diff -u "sim/test/golden/$name.trace" - >&2; then
        echo "$name: the trace differs from sim/test/golden/$name.trace" >&2
        exit 1
    fi
done
