-- What of the machine the policies of runs give. `here` says that the engine is on this machine.
CREATE TABLE given_ports (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    here INTEGER NOT NULL,
    ip TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT;
CREATE INDEX given_ports_of_run ON given_ports (run);

CREATE TABLE given_paths (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    here INTEGER NOT NULL,
    key TEXT NOT NULL,
    path BLOB NOT NULL,
    writable INTEGER NOT NULL
) STRICT;
CREATE INDEX given_paths_of_run ON given_paths (run);
