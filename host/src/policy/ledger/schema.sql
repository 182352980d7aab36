CREATE TABLE ledger (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL,
    counter INTEGER NOT NULL
) STRICT;

CREATE TABLE engines (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE owners (
    key INTEGER PRIMARY KEY,
    engine INTEGER NOT NULL REFERENCES engines,
    plugin TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    prefix TEXT NOT NULL UNIQUE,
    UNIQUE (engine, plugin)
) STRICT;

CREATE TABLE runs (
    key INTEGER PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES owners,
    id TEXT NOT NULL UNIQUE,
    on_end TEXT NOT NULL,
    begun INTEGER NOT NULL,
    over INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX runs_left ON runs (over);

-- An intent has no id yet. Memory and CPUs are NULL where there is no bound.
CREATE TABLE objects (
    key INTEGER PRIMARY KEY,
    engine INTEGER NOT NULL REFERENCES engines,
    owner INTEGER NOT NULL REFERENCES owners,
    run INTEGER NOT NULL REFERENCES runs,
    kind TEXT NOT NULL,
    nonce TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    id TEXT,
    memory INTEGER,
    nano_cpus INTEGER,
    running INTEGER NOT NULL,
    UNIQUE (engine, kind, name),
    UNIQUE (engine, kind, id)
) STRICT;
CREATE INDEX objects_by_id ON objects (owner, kind, id);
CREATE INDEX objects_by_name ON objects (owner, kind, name);
CREATE INDEX objects_of_run ON objects (run);

CREATE TABLE ports (
    object INTEGER NOT NULL REFERENCES objects ON DELETE CASCADE,
    engine INTEGER NOT NULL,
    port INTEGER NOT NULL,
    proto TEXT NOT NULL,
    ip TEXT NOT NULL,
    PRIMARY KEY (object, port, proto, ip)
) STRICT, WITHOUT ROWID;
CREATE INDEX ports_of_engine ON ports (engine, port, proto);
