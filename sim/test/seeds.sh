#!/usr/bin/env bash
# The seed's transitive story under 30 % loss, with 100 seeds: nodeC ends with every entry that nodeB held when nodeA
# left, each of them from nodeB.
#
# Usage: seeds.sh TSSB
set -euo pipefail
tssb=$(realpath "$1")
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for seed in $(seq 100); do
    "$tssb" run scenarios/transitive-sync.yaml --seed "$seed" --set 'network.link.loss=30 %' \
        --out "$scratch/seeds.sqlite" >"$scratch/summary" || [ $? -eq 1 ] # nodeB may not have had all in time
done

sqlite3 -readonly "$scratch/seeds.sqlite" >"$scratch/wrong" <<'SQL'
WITH arrival AS (
    SELECT a.run_id, a.at_ns, a.seq, n.name AS node, f.name AS from_node
    FROM append a
    JOIN node n ON n.run_id = a.run_id AND n.node = a.node
    JOIN node f ON f.run_id = a.run_id AND f.node = a.from_node
), held AS (
    SELECT run_id, seq FROM arrival WHERE node = 'nodeB' AND at_ns <= 55000000000
)
SELECT 'run ' || run_id || ': nodeC lacks entry ' || seq FROM held
    WHERE NOT EXISTS (SELECT 1 FROM arrival c
                      WHERE c.run_id = held.run_id AND c.seq = held.seq AND c.node = 'nodeC')
UNION ALL
SELECT 'run ' || run_id || ': nodeC has entry ' || seq || ' from ' || from_node FROM arrival
    WHERE node = 'nodeC' AND from_node <> 'nodeB'
UNION ALL
SELECT 'only ' || count(*) || ' entries held by nodeB in all: too few to prove anything' FROM held
    HAVING count(*) < 300
UNION ALL
SELECT 'there are ' || count(*) || ' runs, not 100' FROM run HAVING count(*) <> 100;
SQL
[ ! -s "$scratch/wrong" ] || { cat "$scratch/wrong" >&2 && exit 1; }
echo '100 seeds: nodeC has all that nodeB held, from nodeB'
