#!/usr/bin/env bash
# From a fresh Debian 12 machine to a finished simulation: installs what is missing, builds, runs one scenario.
# The second time there is nothing to install or to build, and it takes a moment.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=.ci/setup
. .ci/setup

usage='Usage: ./demo.sh

Installs the packages that are missing (with apt-get, as root or by sudo), builds build/release/tssb
and runs scenarios/transitive-sync.yaml.'
case ${1-} in
'') ;;
-h | --help) printf '%s\n' "$usage" && exit 0 ;;
*) printf '%s\n' "$usage" >&2 && exit 2 ;;
esac

install_packages "${build_packages[@]}"

say 'Building build/release/tssb'
configure release
cmake --build --preset release --target tssb

say 'build/release/tssb run scenarios/transitive-sync.yaml'
build/release/tssb run scenarios/transitive-sync.yaml

say 'What to look at next'
cat <<'NEXT'
One line an event:     build/release/tssb run --trace scenarios/transitive-sync.yaml
Another world:         build/release/tssb run --seed 2 --set 'network.link.loss=5 %' scenarios/transitive-sync.yaml
Every run so far:      sqlite3 -box results/transitive-sync.sqlite 'SELECT id, seed, outcome, digest FROM run'
More to ask of it:     results/README.md
Other scenarios:       scenarios/
All options:           build/release/tssb run --help
NEXT
