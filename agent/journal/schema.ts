// The tables of the journal, version by version. A migration that was released is never changed. Blobs called `sealed…` are
// closed with the journal key; ids, states, counts and times are plain.

import type { Migration } from './migrate.ts'

/**
 * A run is held until `forgottenAt` is set. Then the row stays as a used id: of a write with its answer and its pages, of a
 * read alone. `meta` is read before any migration: its form never changes.
 */
export const migrations: readonly Migration[] = [
  {
    up: `
      CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
      CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        digest TEXT NOT NULL,
        effect TEXT NOT NULL CHECK (effect IN ('read', 'write')),
        attempt INTEGER NOT NULL,
        receivedAt INTEGER NOT NULL,
        forgottenAt INTEGER,
        pageCount INTEGER NOT NULL DEFAULT 0,
        rowCount INTEGER NOT NULL DEFAULT 0,
        storedCount INTEGER NOT NULL DEFAULT 0,
        sealedOrder BLOB,
        sealedAnswer BLOB
      ) STRICT;
      CREATE INDEX runsHeld ON runs (receivedAt) WHERE forgottenAt IS NULL;
      CREATE INDEX runsUsed ON runs (effect, forgottenAt) WHERE forgottenAt IS NOT NULL;
      CREATE TABLE pages (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        rowCount INTEGER NOT NULL,
        sealedRows BLOB NOT NULL,
        PRIMARY KEY (run, seq)
      ) STRICT;
      CREATE TABLE progress (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        sealedProgress BLOB NOT NULL,
        PRIMARY KEY (run, seq)
      ) STRICT;
      CREATE TABLE intents (
        place INTEGER PRIMARY KEY,
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        mark BLOB NOT NULL,
        sealedTarget BLOB NOT NULL,
        sealedRow BLOB,
        UNIQUE (run, mark)
      ) STRICT;`,
    down: 'DROP TABLE intents; DROP TABLE progress; DROP TABLE pages; DROP TABLE runs; DROP TABLE meta;',
  },
  {
    up: `
      CREATE TABLE countedChanges (
        place INTEGER PRIMARY KEY,
        run TEXT NOT NULL,
        connection TEXT NOT NULL,
        members TEXT NOT NULL CHECK (members IN ('add', 'remove')),
        groupId TEXT NOT NULL,
        at INTEGER NOT NULL,
        count INTEGER NOT NULL
      ) STRICT;`,
    down: 'DROP TABLE countedChanges;',
  },
  {
    up: `
      ALTER TABLE runs ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;
      DROP INDEX runsUsed;
      CREATE INDEX runsUsed ON runs (approved, effect, forgottenAt) WHERE forgottenAt IS NOT NULL;`,
    down: `
      DROP INDEX runsUsed;
      ALTER TABLE runs DROP COLUMN approved;
      CREATE INDEX runsUsed ON runs (effect, forgottenAt) WHERE forgottenAt IS NOT NULL;`,
  },
]
