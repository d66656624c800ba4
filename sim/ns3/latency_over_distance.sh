#!/usr/bin/env bash
# Draws how long an entry takes to a node, over how far the node is from the author when it is written, as an SVG: a run
# on ns-3, its results file, and the positions in its animation. Needs sqlite3 and gnuplot (gnuplot-nox in Debian).
#
# Usage: latency_over_distance.sh TSSB SCENARIO PICTURE.svg [OPTION OF tssb run...]
#   sim/ns3/latency_over_distance.sh build/release/tssb scenarios/wifi-adhoc.yaml sim/ns3/wifi-adhoc.svg
set -euo pipefail
if [ $# -lt 3 ]; then
    sed -n 's/^# Usage: /Usage: /p' "$0" >&2
    exit 2
fi
tssb=$1 scenario=$2 picture=$3
shift 3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$tssb" run "$scenario" --engine ns3 --out "$scratch/run.sqlite" --anim "$scratch/anim.xml" "$@" >"$scratch/summary"

# Where each node is at first, and where it is each time that NetAnim is told.
sed -nE -e 's/^<node id="([0-9]+)".* locX="([^"]*)" locY="([^"]*)".*/0,\1,\2,\3/p' \
    -e 's/^<nu p="p" t="([^"]*)" id="([0-9]+)" x="([^"]*)" y="([^"]*)".*/\1,\2,\3,\4/p' \
    "$scratch/anim.xml" >"$scratch/places.csv"

# Bands of 50 m, and of each the 10th, 25th, 50th, 75th and 90th percentile of the latency in seconds.
sqlite3 "$scratch/run.sqlite" >"$scratch/bands" <<SQL
CREATE TEMP TABLE place (at_s REAL, node INTEGER, x REAL, y REAL);
.mode csv
.import '$scratch/places.csv' place
CREATE INDEX temp.place_of ON place (node, at_s);
CREATE TEMP VIEW arrival AS
    SELECT (a.at_ns - w.at_ns) / 1e9 AS latency_s, a.node, w.node AS author, w.at_ns / 1e9 AS written_s
    FROM append a
    JOIN append w ON w.run_id = a.run_id AND w.feed = a.feed AND w.seq = a.seq AND w.from_node = w.node
    WHERE a.from_node <> a.node;
CREATE TEMP TABLE sample AS
    SELECT latency_s, 50 * CAST(sqrt((p.x - q.x) * (p.x - q.x) + (p.y - q.y) * (p.y - q.y)) / 50 AS INTEGER) AS band
    FROM arrival
    JOIN place p ON p.rowid = (SELECT rowid FROM place WHERE node = arrival.node AND at_s <= written_s
                               ORDER BY at_s DESC LIMIT 1)
    JOIN place q ON q.rowid = (SELECT rowid FROM place WHERE node = author AND at_s <= written_s
                               ORDER BY at_s DESC LIMIT 1);
.mode list
.separator ' '
WITH ranked AS (
    SELECT band, latency_s, row_number() OVER (PARTITION BY band ORDER BY latency_s) AS rank,
           count(*) OVER (PARTITION BY band) AS count
    FROM sample
)
SELECT band + 25, max(CASE WHEN rank <= 1 + 0.10 * count THEN latency_s END),
       max(CASE WHEN rank <= 1 + 0.25 * count THEN latency_s END),
       max(CASE WHEN rank <= 1 + 0.50 * count THEN latency_s END),
       max(CASE WHEN rank <= 1 + 0.75 * count THEN latency_s END),
       max(CASE WHEN rank <= 1 + 0.90 * count THEN latency_s END)
FROM ranked WHERE count >= 20 GROUP BY band ORDER BY band;
SQL

gnuplot <<PLOT
set terminal svg size 720,400 font 'sans,13' background 'white'
set output '$picture'
set logscale y
set xlabel 'distance from the author when the entry was written [m]'
set ylabel 'until the node held it'
set ytics ('1 ms' 1e-3, '10 ms' 1e-2, '100 ms' 0.1, '1 s' 1, '10 s' 10, '100 s' 100) nomirror
set xtics 50 nomirror
set xrange [0:]
set border 3 lc rgb '#888888'
set tics textcolor rgb '#333333'
set boxwidth 34
set style fill solid 1 border lc rgb '#336699'
set key bottom right reverse Left samplen 2
set grid y lt 1 lc rgb '#e8e8e8'
plot '$scratch/bands' using 1:3:2:6:5 with candlesticks fc rgb '#c3d4e6' title 'half of all; whiskers: 80 %' whiskerbars 0.4, \
     '' using 1:4:4:4:4 with candlesticks fs solid border lc rgb '#b3261e' lw 2.5 fc rgb '#b3261e' title 'median'
PLOT
