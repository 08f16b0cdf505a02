-- One row: what this store is, and who may use it.
CREATE TABLE store (
    id            BLOB    NOT NULL,
    format        INTEGER NOT NULL, -- number of the newest migration
    oldest_reader INTEGER NOT NULL, -- lowest format a program must know to read
    oldest_writer INTEGER NOT NULL, -- lowest format a program must know to write
    created       INTEGER NOT NULL, -- microseconds since 1970 UTC, as all times here
    cell_version  INTEGER NOT NULL  -- last version given to any cell
);

-- Kinds, field names and series names are stored once and referred to by number.
CREATE TABLE names (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- Rows are never deleted: a purged record stays as a tombstone. sequence and head are the end of its log chain.
CREATE TABLE records (
    rec      INTEGER PRIMARY KEY,
    id       BLOB    NOT NULL UNIQUE,
    kind     INTEGER NOT NULL,
    key      TEXT,
    revision INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    sealed   TEXT,              -- one pattern per line; NULL while open
    purged   INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    head     BLOB    NOT NULL
);
CREATE UNIQUE INDEX records_key ON records (kind, key) WHERE key IS NOT NULL;
CREATE INDEX records_kind ON records (kind, id) WHERE purged = 0;

-- Apart from records, so that a new revision does not rewrite a long body. entry is the log sequence that set it.
CREATE TABLE bodies (
    rec   INTEGER PRIMARY KEY,
    entry INTEGER NOT NULL,
    body  BLOB    NOT NULL
);

-- type is FieldType. value holds texts, times, references and digests; number holds numbers and the number beside a text.
-- A number field without a number is NaN. Untyped columns, so that no affinity touches a value.
CREATE TABLE fields (
    rec    INTEGER NOT NULL,
    name   INTEGER NOT NULL,
    ord    INTEGER NOT NULL,    -- 0 for the first value
    type   INTEGER NOT NULL,
    value,
    number,
    entry  INTEGER NOT NULL,    -- the log sequence that last set the field
    PRIMARY KEY (rec, name, ord)
) WITHOUT ROWID;
CREATE INDEX fields_value ON fields (name, value, rec) WHERE value IS NOT NULL;
CREATE INDEX fields_number ON fields (name, number, rec) WHERE number IS NOT NULL;
CREATE INDEX fields_several ON fields (name) WHERE ord > 0;

CREATE TABLE conflicts (
    conflict       INTEGER PRIMARY KEY,
    rec            INTEGER NOT NULL,
    name           INTEGER NOT NULL,
    kept_type      INTEGER NOT NULL,
    kept_value,
    kept_number,
    refused_type   INTEGER NOT NULL,
    refused_value,
    refused_number
);
CREATE INDEX conflicts_rec ON conflicts (rec);

-- Summaries for search, NaN is NULL; and at the end of the row, where a search does not read them, the open chunk.
CREATE TABLE series (
    rec             INTEGER NOT NULL,
    name            INTEGER NOT NULL,
    type            INTEGER NOT NULL,
    sid             INTEGER NOT NULL, -- number for its chunks; 0 before the first is full
    chunks          INTEGER NOT NULL, -- number of full chunks
    count           INTEGER NOT NULL,
    nan_count       INTEGER NOT NULL,
    first_step      INTEGER NOT NULL,
    last_step       INTEGER NOT NULL,
    last_time       INTEGER NOT NULL,
    last,
    min,
    min_step        INTEGER NOT NULL,
    max,
    max_step        INTEGER NOT NULL,
    sum,
    tail_count      INTEGER NOT NULL, -- 0 if all chunks are full
    tail_first_step INTEGER,
    tail_last_step  INTEGER,
    tail_stats      BLOB,
    tail            BLOB,
    PRIMARY KEY (rec, name)
) WITHOUT ROWID;
CREATE INDEX series_last ON series (name, last, rec);

-- chunk = sid * 2^24 + number, so that the chunks of a series lie together. Statistics are apart from the points, so that a
-- chart reads no points.
CREATE TABLE chunks (
    chunk INTEGER PRIMARY KEY,
    data  BLOB NOT NULL
);
CREATE TABLE chunk_stats (
    chunk      INTEGER PRIMARY KEY,
    position   INTEGER NOT NULL, -- points of the series before this chunk
    count      INTEGER NOT NULL,
    first_step INTEGER NOT NULL,
    last_step  INTEGER NOT NULL,
    stats      BLOB    NOT NULL
);

-- Points laid out for people, when they ask for it; the program does not read them.
CREATE TABLE shown_points (
    rec   INTEGER NOT NULL,
    name  INTEGER NOT NULL,
    ord   INTEGER NOT NULL,      -- place in the series
    step  INTEGER NOT NULL,
    time  INTEGER NOT NULL,
    value REAL,                  -- NaN is NULL
    PRIMARY KEY (rec, name, ord)
) WITHOUT ROWID;

CREATE TABLE cells (
    key     TEXT    PRIMARY KEY,
    value   BLOB    NOT NULL,
    version INTEGER NOT NULL,
    owner   INTEGER,
    expires INTEGER
) WITHOUT ROWID;
CREATE INDEX cells_owner ON cells (owner) WHERE owner IS NOT NULL;
CREATE INDEX cells_expires ON cells (expires) WHERE expires IS NOT NULL;

-- The feed. One writer at a time, so positions follow commits; rows are never deleted, so none is given again.
CREATE TABLE log (
    position INTEGER PRIMARY KEY,
    rec      INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    entry    BLOB    NOT NULL,  -- LogEntryCodec
    hash     BLOB    NOT NULL,
    salt     BLOB,              -- outside the entry, so that a purge takes it and the digests tell nothing more
    UNIQUE (rec, sequence)
);

-- Never deleted, so that no number is given twice.
CREATE TABLE counters (
    name TEXT    PRIMARY KEY,
    last INTEGER NOT NULL
) WITHOUT ROWID;

-- The highest batch of each writer, with its result.
CREATE TABLE writers (
    writer   BLOB    PRIMARY KEY,
    sequence INTEGER NOT NULL,
    result   BLOB    NOT NULL
) WITHOUT ROWID;

-- For people and their tools, to read only; the program does not use them. Ids are hexadecimal, times ISO 8601 in UTC.
CREATE VIEW runs AS
SELECT lower(hex(v.id)) AS run_id, v.name, e.key AS experiment, v.status,
    strftime('%Y-%m-%dT%H:%M:%fZ', v.start_time / 1000000.0, 'unixepoch') AS start_time,
    strftime('%Y-%m-%dT%H:%M:%fZ', v.end_time / 1000000.0, 'unixepoch') AS end_time,
    v.end_reason, v.error, lower(hex(v.parent)) AS parent_run_id, coalesce(v.lifecycle, 'active') AS lifecycle
FROM (
    SELECT r.id AS id,
        max(CASE WHEN n.name = 'name' THEN f.value END) AS name,
        max(CASE WHEN n.name = 'experiment' THEN f.value END) AS experiment,
        max(CASE WHEN n.name = 'status' THEN f.value END) AS status,
        max(CASE WHEN n.name = 'start_time' THEN f.value END) AS start_time,
        max(CASE WHEN n.name = 'end_time' THEN f.value END) AS end_time,
        max(CASE WHEN n.name = 'end_reason' THEN f.value END) AS end_reason,
        max(CASE WHEN n.name = 'error' THEN f.value END) AS error,
        max(CASE WHEN n.name = 'parent' THEN f.value END) AS parent,
        max(CASE WHEN n.name = 'lifecycle' THEN f.value END) AS lifecycle
    FROM records r
    JOIN names k ON k.id = r.kind AND k.name = 'run'
    LEFT JOIN fields f ON f.rec = r.rec AND f.ord = 0
    LEFT JOIN names n ON n.id = f.name
    WHERE r.purged = 0
    GROUP BY r.rec) v
LEFT JOIN records e ON e.id = v.experiment;

CREATE VIEW params AS
SELECT lower(hex(r.id)) AS run_id, substr(n.name, 8) AS key, f.value AS value, f.number AS number
FROM fields f
JOIN names n ON n.id = f.name AND n.name GLOB 'params.*'
JOIN records r ON r.rec = f.rec
JOIN names k ON k.id = r.kind AND k.name = 'run'
WHERE f.ord = 0;

CREATE VIEW tags AS
SELECT lower(hex(r.id)) AS run_id, substr(n.name, 6) AS key, f.value AS value
FROM fields f
JOIN names n ON n.id = f.name AND n.name GLOB 'tags.*'
JOIN records r ON r.rec = f.rec
JOIN names k ON k.id = r.kind AND k.name = 'run'
WHERE f.ord = 0;

CREATE VIEW metrics AS
SELECT lower(hex(r.id)) AS run_id, substr(n.name, 9) AS key, s.last, s.last_step,
    strftime('%Y-%m-%dT%H:%M:%fZ', s.last_time / 1000000.0, 'unixepoch') AS last_time,
    s.min, CASE WHEN s.min IS NOT NULL THEN s.min_step END AS min_step,
    s.max, CASE WHEN s.max IS NOT NULL THEN s.max_step END AS max_step,
    s.count, s.nan_count
FROM series s
JOIN names n ON n.id = s.name AND n.name GLOB 'metrics.*'
JOIN records r ON r.rec = s.rec
JOIN names k ON k.id = r.kind AND k.name = 'run'
WHERE s.type = 1;

-- only of runs whose points somebody has asked to be shown
CREATE VIEW metric_points AS
SELECT lower(hex(r.id)) AS run_id, substr(n.name, 9) AS key, p.step,
    strftime('%Y-%m-%dT%H:%M:%fZ', p.time / 1000000.0, 'unixepoch') AS time, p.value
FROM shown_points p
JOIN names n ON n.id = p.name AND n.name GLOB 'metrics.*'
JOIN records r ON r.rec = p.rec
JOIN names k ON k.id = r.kind AND k.name = 'run';
