// SPDX-License-Identifier: Apache-2.0

internal import Images

/// The tables of the state database; `docs/storage.md` describes them.
enum Schema {
    /// Steps from an empty file to the newest version. Only ever append.
    static let migrations: [String] =
        ImageStore.migrations + [
            // A container's record: what never changes as one document, what does as columns.
            """
            CREATE TABLE containers (
                id TEXT PRIMARY KEY,
                name TEXT NOT NULL UNIQUE,
                image TEXT NOT NULL,
                created INTEGER NOT NULL,
                record BLOB NOT NULL,
                id_range INTEGER UNIQUE,
                status TEXT NOT NULL,
                pid INTEGER NOT NULL DEFAULT 0,
                pid_started INTEGER NOT NULL DEFAULT 0,
                monitor INTEGER NOT NULL DEFAULT 0,
                monitor_started INTEGER NOT NULL DEFAULT 0,
                started INTEGER,
                finished INTEGER,
                exit_code INTEGER NOT NULL DEFAULT 0,
                oom_killed INTEGER NOT NULL DEFAULT 0,
                error TEXT NOT NULL DEFAULT '',
                auto_remove INTEGER NOT NULL DEFAULT 0
            ) WITHOUT ROWID;
            CREATE INDEX containers_by_image ON containers (image);
            CREATE TABLE volumes (
                name TEXT PRIMARY KEY,
                created INTEGER NOT NULL,
                anonymous INTEGER NOT NULL DEFAULT 0,
                labels TEXT NOT NULL DEFAULT '{}'
            ) WITHOUT ROWID;
            CREATE TABLE volume_uses (
                volume TEXT NOT NULL REFERENCES volumes (name),
                container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
                PRIMARY KEY (volume, container)
            ) WITHOUT ROWID;
            """,
            // Ends and what follows them: automatic restarts, who asked, health, the last endings.
            """
            ALTER TABLE containers ADD COLUMN boot INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE containers ADD COLUMN restart_count INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE containers ADD COLUMN stopped_by_hand INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE containers ADD COLUMN end_request TEXT NOT NULL DEFAULT '';
            CREATE TABLE container_health (
                container TEXT PRIMARY KEY REFERENCES containers (id) ON DELETE CASCADE,
                status TEXT NOT NULL,
                document TEXT NOT NULL
            ) WITHOUT ROWID;
            CREATE TABLE endings (
                number INTEGER PRIMARY KEY,
                container TEXT NOT NULL,
                name TEXT NOT NULL,
                finished INTEGER NOT NULL,
                document TEXT NOT NULL
            );
            CREATE INDEX endings_by_container ON endings (container);
            CREATE INDEX endings_by_name ON endings (name);
            """,
            // What happened, the newest last. A number is not given twice: only old ones go.
            """
            CREATE TABLE events (
                number INTEGER PRIMARY KEY,
                time INTEGER NOT NULL,
                type TEXT NOT NULL,
                action TEXT NOT NULL,
                object TEXT NOT NULL,
                attributes TEXT NOT NULL
            );
            """,
            // What a volume's driver was told.
            "ALTER TABLE volumes ADD COLUMN options TEXT NOT NULL DEFAULT '{}';",
            NetworkTable.migration,
            TrafficTable.migration,
            ImageStore.cacheMigration,
        ]
}
