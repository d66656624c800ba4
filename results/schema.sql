-- What tssb runs leave behind. Tables (singular) hold numbers, as the simulator counts them; views
-- (plural) hold the same with names and seconds, and need no join. Times are simulated nanoseconds
-- from the start of the run.
--
-- The tables that grow with the world are clustered by run and then by time, without a rowid: a run
-- is one stretch of the file, written in order and read in order, and no second index has to be
-- kept. `ordinal` counts a run's rows; it only tells apart what is otherwise at the same place. The
-- columns of the key come first: SQLite 3.40 reports false errors of integrity otherwise.

PRAGMA application_id = 1953723234; -- "tssb"
PRAGMA user_version = 3;            -- of this schema; also RESULTS_VERSION in sim/record/results.h

CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given out twice, not even after a deletion
    scenario TEXT NOT NULL,
    scenario_text TEXT NOT NULL,          -- the file as it was, before --set
    scenario_sha256 TEXT NOT NULL,
    seed INTEGER NOT NULL,
    engine TEXT NOT NULL,
    version TEXT NOT NULL,
    parameters TEXT NOT NULL,             -- JSON: every value in effect
    settings TEXT NOT NULL,               -- JSON: what --set changed, an array of PATH=VALUE
    started_at TEXT NOT NULL,             -- UTC, ISO 8601
    wall_ns INTEGER,                      -- from here to digest: null until the run has ended
    simulated_ns INTEGER,
    events INTEGER,
    deliveries INTEGER,
    digest TEXT,
    outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'interrupted', 'unfinished')),
    record TEXT NOT NULL CHECK (record IN ('summary', 'progress', 'packets')),
    error TEXT                            -- why a run is unfinished, where that could be written
) STRICT;

CREATE TABLE node (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    node INTEGER NOT NULL,
    name TEXT NOT NULL,
    strategy TEXT NOT NULL,
    node_group TEXT NOT NULL,             -- the scenario's name for nodes that are alike
    serve INTEGER NOT NULL,               -- 0: consumes and never answers
    digest TEXT,                          -- of all that happened to this node, in hexadecimal
    PRIMARY KEY (run_id, node)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    feed INTEGER NOT NULL,
    name TEXT NOT NULL,
    author INTEGER NOT NULL,              -- a node
    feed_id TEXT NOT NULL,                -- in hexadecimal
    entries INTEGER,                      -- that were written; null until the run has ended
    PRIMARY KEY (run_id, feed)
) STRICT, WITHOUT ROWID;

-- The timeline as applied.
CREATE TABLE fault (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    at_ns INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (run_id, at_ns, ordinal)
) STRICT, WITHOUT ROWID;

-- Each entry's arrival at each node; from_node is the node itself where it wrote the entry.
-- With `record: progress` and `record: packets`.
CREATE TABLE append (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    at_ns INTEGER NOT NULL,
    node INTEGER NOT NULL,
    feed INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    from_node INTEGER,                    -- null: from outside, by a real face
    bound_ns INTEGER,                     -- when it could have come at the earliest; null: unknown
    PRIMARY KEY (run_id, at_ns, node, feed, seq)
) STRICT, WITHOUT ROWID;
-- When an entry was written; a small one, for authors only.
CREATE INDEX append_written ON append (run_id, feed, seq, at_ns) WHERE from_node = node;

-- Each packet at each receiver. Only with `record: packets`.
CREATE TABLE packet (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    at_ns INTEGER NOT NULL,
    to_node INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    sent_ns INTEGER NOT NULL,
    kind TEXT NOT NULL,
    from_node INTEGER,                    -- null: from outside, by a real face
    face INTEGER NOT NULL,                -- of the receiver
    feed INTEGER,                         -- null for NEED and blob, as is seq
    seq INTEGER,
    size_bytes INTEGER NOT NULL,
    fate TEXT NOT NULL,
    PRIMARY KEY (run_id, at_ns, to_node, ordinal)
) STRICT, WITHOUT ROWID;

-- What came in by real faces, byte for byte: enough to repeat the run (tssb run --replay).
CREATE TABLE incoming (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    at_ns INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    face INTEGER NOT NULL,                -- of the scenario: its faces by node, then by place
    bytes BLOB NOT NULL,
    PRIMARY KEY (run_id, at_ns, ordinal)
) STRICT, WITHOUT ROWID;

-- A stretch in which a node was behind a feed that it follows, and what happened there meanwhile
-- for this feed. A packet counts once a face that it leaves on.
CREATE TABLE catchup (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    since_ns INTEGER NOT NULL,
    node INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    feed INTEGER NOT NULL,
    until_ns INTEGER,                     -- null: still behind when the run ended
    entries INTEGER NOT NULL,             -- by which the node got ahead
    bound_ns INTEGER,                     -- how long it would have taken at least; null: unknown
    want_packets INTEGER NOT NULL,        -- sent
    want_requests INTEGER NOT NULL,       -- in those, for one entry each
    range_packets INTEGER NOT NULL,       -- sent
    received_entries INTEGER NOT NULL,    -- entry packets that reached the node
    useful_entries INTEGER NOT NULL,      -- appended, from the stash as well
    duplicate_entries INTEGER NOT NULL,   -- received though held already
    stash_hits INTEGER NOT NULL,          -- early entries that were kept until their turn came
    stash_overflows INTEGER NOT NULL,     -- early entries that found no place
    sent_bytes INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL,
    airtime_ns INTEGER NOT NULL,          -- of what it sent: on radios, and on links with a rate
    PRIMARY KEY (run_id, since_ns, node, ordinal)
) STRICT, WITHOUT ROWID;

-- Counts, with their unit in the name. node is null for the whole run.
-- A side chain that a node fetched, of an entry that it had appended.
CREATE TABLE chain (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    since_ns INTEGER NOT NULL,            -- when the entry came
    node INTEGER NOT NULL,
    feed INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    until_ns INTEGER,                     -- when the chain was whole; null: it never was
    blobs INTEGER NOT NULL,               -- that the entry declares
    PRIMARY KEY (run_id, since_ns, node, feed, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE metric (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    node INTEGER,
    name TEXT NOT NULL,
    value INTEGER NOT NULL
) STRICT;
CREATE INDEX metric_by_node ON metric (run_id, node);

-- One line a run.
CREATE VIEW runs AS
SELECT id AS run, scenario, seed, engine, version, outcome, error, record,
       (SELECT count(*) FROM node WHERE run_id = run.id) AS nodes,
       simulated_ns / 1e9 AS simulated_s, wall_ns / 1e9 AS wall_s, events, deliveries,
       deliveries * 1e9 / wall_ns AS deliveries_per_s,
       digest, started_at, parameters
FROM run;

-- One line a node, its counts side by side.
CREATE VIEW nodes AS
SELECT n.run_id AS run, n.name AS node, n.node_group, n.strategy,
       max(m.value) FILTER (WHERE m.name = 'held_entries') AS held_entries,
       max(m.value) FILTER (WHERE m.name = 'behind_feeds') AS behind_feeds,
       max(m.value) FILTER (WHERE m.name = 'catchups') AS catchups,
       max(m.value) FILTER (WHERE m.name = 'longest_catchup_ns') / 1e9 AS longest_catchup_s,
       max(m.value) FILTER (WHERE m.name = 'sent_packets') AS sent_packets,
       max(m.value) FILTER (WHERE m.name = 'sent_bytes') AS sent_bytes,
       max(m.value) FILTER (WHERE m.name = 'sent_wants') AS sent_wants,
       max(m.value) FILTER (WHERE m.name = 'sent_entries') AS sent_entries,
       max(m.value) FILTER (WHERE m.name = 'received_packets') AS received_packets,
       max(m.value) FILTER (WHERE m.name = 'received_bytes') AS received_bytes,
       max(m.value) FILTER (WHERE m.name = 'appended_entries') AS appended_entries,
       max(m.value) FILTER (WHERE m.name = 'duplicate_entries') AS duplicate_entries,
       max(m.value) FILTER (WHERE m.name = 'dropped_packets') AS dropped_packets,
       max(m.value) FILTER (WHERE m.name = 'verifications') AS verifications,
       n.digest
FROM node AS n LEFT JOIN metric AS m ON m.run_id = n.run_id AND m.node = n.node
GROUP BY n.run_id, n.node;

CREATE VIEW feeds AS
SELECT f.run_id AS run, f.name AS feed, a.name AS author, f.entries, f.feed_id
FROM feed AS f JOIN node AS a ON a.run_id = f.run_id AND a.node = f.author;

CREATE VIEW faults AS
SELECT run_id AS run, at_ns / 1e9 AS at_s, what, detail FROM fault;

CREATE VIEW appends AS
SELECT p.run_id AS run, p.at_ns / 1e9 AS at_s, n.name AS node, f.name AS feed, p.seq,
       coalesce(s.name, 'outside') AS from_node, p.bound_ns / 1e9 AS bound_s
FROM append AS p
JOIN node AS n ON n.run_id = p.run_id AND n.node = p.node
JOIN feed AS f ON f.run_id = p.run_id AND f.feed = p.feed
LEFT JOIN node AS s ON s.run_id = p.run_id AND s.node = p.from_node;

CREATE VIEW packets AS
SELECT p.run_id AS run, p.sent_ns / 1e9 AS sent_s, p.at_ns / 1e9 AS at_s, p.kind,
       coalesce(s.name, 'outside') AS from_node, r.name AS to_node, p.face, f.name AS feed, p.seq, p.size_bytes, p.fate
FROM packet AS p
LEFT JOIN node AS s ON s.run_id = p.run_id AND s.node = p.from_node
JOIN node AS r ON r.run_id = p.run_id AND r.node = p.to_node
LEFT JOIN feed AS f ON f.run_id = p.run_id AND f.feed = p.feed;

CREATE VIEW catchups AS
SELECT c.run_id AS run, n.name AS node, f.name AS feed, c.since_ns / 1e9 AS since_s,
       c.until_ns / 1e9 AS until_s, (c.until_ns - c.since_ns) / 1e9 AS latency_s, c.entries,
       c.bound_ns / 1e9 AS bound_s, (c.until_ns - c.since_ns) * 1.0 / c.bound_ns AS ratio,
       c.want_packets, c.want_requests, c.range_packets, c.received_entries, c.useful_entries,
       c.duplicate_entries, c.stash_hits, c.stash_overflows, c.sent_bytes, c.received_bytes,
       c.airtime_ns / 1e9 AS airtime_s
FROM catchup AS c
JOIN node AS n ON n.run_id = c.run_id AND n.node = c.node
JOIN feed AS f ON f.run_id = c.run_id AND f.feed = c.feed;

CREATE VIEW chains AS
SELECT c.run_id AS run, n.name AS node, f.name AS feed, c.seq, c.blobs, c.since_ns / 1e9 AS since_s,
       c.until_ns / 1e9 AS until_s, (c.until_ns - c.since_ns) / 1e9 AS latency_s
FROM chain AS c
JOIN node AS n ON n.run_id = c.run_id AND n.node = c.node
JOIN feed AS f ON f.run_id = c.run_id AND f.feed = c.feed;

CREATE VIEW metrics AS
SELECT m.run_id AS run, n.name AS node, m.name, m.value
FROM metric AS m LEFT JOIN node AS n ON n.run_id = m.run_id AND n.node = m.node;

-- How long each entry took from its author to each other node, and how long at least it would
-- have: bound_s and ratio.
CREATE VIEW latencies AS
SELECT p.run_id AS run, f.name AS feed, p.seq, n.name AS node, w.at_ns / 1e9 AS written_s,
       p.at_ns / 1e9 AS at_s, (p.at_ns - w.at_ns) / 1e9 AS latency_s,
       (p.bound_ns - w.at_ns) / 1e9 AS bound_s,
       (p.at_ns - w.at_ns) * 1.0 / nullif(p.bound_ns - w.at_ns, 0) AS ratio
FROM append AS p
JOIN append AS w INDEXED BY append_written
    ON w.run_id = p.run_id AND w.feed = p.feed AND w.seq = p.seq AND w.from_node = w.node
JOIN feed AS f ON f.run_id = p.run_id AND f.feed = p.feed
JOIN node AS n ON n.run_id = p.run_id AND n.node = p.node
WHERE p.from_node IS NOT p.node;
