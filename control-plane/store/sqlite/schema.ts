// The tables, as steps that are only ever added to. Columns are named like the members of the types that they hold.

const first = `
CREATE TABLE agents (
  name TEXT PRIMARY KEY,
  createdAt INTEGER NOT NULL,
  disabledAt INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE replicas (
  id TEXT PRIMARY KEY,
  agent TEXT NOT NULL REFERENCES agents (name) ON DELETE CASCADE,
  publicKey TEXT NOT NULL,
  version TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  revokedAt INTEGER,
  counter INTEGER NOT NULL,
  instance TEXT,
  lastSeenAt INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX replicasOfAgent ON replicas (agent, createdAt);

CREATE TABLE codes (
  id TEXT PRIMARY KEY,
  agent TEXT NOT NULL REFERENCES agents (name) ON DELETE CASCADE,
  secret TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  usedAt INTEGER,
  revokedAt INTEGER,
  usedRequest TEXT,
  usedAnswer TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX codesOfAgent ON codes (agent, createdAt);

CREATE TABLE runs (
  place INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  agent TEXT NOT NULL REFERENCES agents (name) ON DELETE CASCADE,
  job TEXT NOT NULL,
  connection TEXT NOT NULL,
  effect TEXT NOT NULL,
  text TEXT NOT NULL,
  requester TEXT NOT NULL,
  idempotencyKey TEXT,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  replica TEXT,
  createdAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  finishedAt INTEGER,
  cancelAskedAt INTEGER,
  cancelTooLate INTEGER NOT NULL,
  outcome TEXT,
  error TEXT,
  pageCount INTEGER NOT NULL,
  rowCount INTEGER NOT NULL,
  sha256 TEXT
) STRICT;
-- Each index ends with the rowid, which is place: both give runs in their order.
CREATE INDEX runsOfAgent ON runs (agent);
CREATE INDEX runsInState ON runs (agent, state);
CREATE UNIQUE INDEX runsByIdempotencyKey ON runs (agent, idempotencyKey) WHERE idempotencyKey IS NOT NULL;
CREATE INDEX runsThatWait ON runs (expiresAt) WHERE state = 'queued';

CREATE TABLE pages (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  rows TEXT NOT NULL,
  rowCount INTEGER NOT NULL,
  PRIMARY KEY (run, attempt, seq)
) STRICT;

CREATE TABLE tokens (
  name TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  revokedAt INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT;
`

const second = `
ALTER TABLE replicas ADD COLUMN journal TEXT;
ALTER TABLE runs ADD COLUMN journalled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0;
`

const third = `
ALTER TABLE agents ADD COLUMN lead TEXT;
ALTER TABLE agents ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
`

// Under which journal a run was sent nobody knows where only that there was one is kept.
const fourth = `
ALTER TABLE runs DROP COLUMN journalled;
ALTER TABLE runs ADD COLUMN journal TEXT;
`

const fifth = `
ALTER TABLE replicas ADD COLUMN ledgerSeq INTEGER;
ALTER TABLE replicas ADD COLUMN ledgerHash TEXT;
ALTER TABLE replicas ADD COLUMN ledgerAlarmAt INTEGER;
`

// A page that is closed is a blob; those of an older version are texts until they go.
const sixth = `
CREATE TABLE closedPages (
  run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  rows ANY NOT NULL,
  rowCount INTEGER NOT NULL,
  PRIMARY KEY (run, attempt, seq)
) STRICT;
INSERT INTO closedPages SELECT * FROM pages;
DROP TABLE pages;
ALTER TABLE closedPages RENAME TO pages;
ALTER TABLE runs ADD COLUMN pagesGone INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runsThatEnded ON runs (pagesGone, finishedAt) WHERE finishedAt IS NOT NULL;
`

const seventh = `
ALTER TABLE runs ADD COLUMN approval TEXT;
`

/** Step n brings a store of version n to version n + 1 (`PRAGMA user_version`). */
export const migrations: readonly string[] = [first, second, third, fourth, fifth, sixth, seventh]
