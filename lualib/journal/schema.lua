--- The journal's tables. docs/journal.md describes them.

local schema = {}

-- A change of the tables needs a new version, a migration and fixtures (tests/fixtures/runs).
schema.VERSION = 3

-- From version n to n + 1; see Layout. `undo` and `kept` may not exist.
schema.MIGRATIONS = {
  [1] = "ALTER TABLE job ADD COLUMN created REAL",
  [2] = [[
CREATE TABLE new_chunk (
  id INTEGER PRIMARY KEY,
  round INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('staged', 'sending', 'sent', 'ended', 'harvested', 'uncertain', 'split')),
  users INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  places BLOB NOT NULL,
  upsert INTEGER NOT NULL DEFAULT 0,
  first_intent REAL,
  inserted INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL DEFAULT 0,
  half_of INTEGER REFERENCES chunk,
  origin INTEGER REFERENCES chunk);
INSERT INTO new_chunk SELECT id, round, state, users, bytes, sha256, places, upsert, first_intent,
  inserted, updated, NULL, NULL FROM chunk;
DROP TABLE chunk;
ALTER TABLE new_chunk RENAME TO chunk;
CREATE INDEX chunk_state ON chunk (state);
CREATE INDEX chunk_origin ON chunk (origin) WHERE origin IS NOT NULL;
]],
}

schema.SCHEMA = [[
CREATE TABLE run (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE chunk (
  id INTEGER PRIMARY KEY,
  round INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('staged', 'sending', 'sent', 'ended', 'harvested', 'uncertain', 'split')),
  users INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  places BLOB NOT NULL,
  upsert INTEGER NOT NULL DEFAULT 0,
  first_intent REAL,
  inserted INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL DEFAULT 0,
  half_of INTEGER REFERENCES chunk,
  origin INTEGER REFERENCES chunk);
CREATE INDEX chunk_state ON chunk (state);
CREATE INDEX chunk_origin ON chunk (origin) WHERE origin IS NOT NULL;
CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  chunk INTEGER NOT NULL REFERENCES chunk,
  begun REAL NOT NULL,
  ended REAL,
  outcome TEXT CHECK (outcome IN ('accepted', 'unsent', 'refused', 'uncertain')),
  message TEXT);
CREATE INDEX attempt_chunk ON attempt (chunk);
CREATE TABLE job (
  id TEXT PRIMARY KEY,
  chunk INTEGER NOT NULL REFERENCES chunk,
  attempt INTEGER NOT NULL REFERENCES attempt,
  submitted REAL NOT NULL,
  created REAL,
  state TEXT NOT NULL CHECK (state IN ('running', 'completed', 'failed', 'lost')),
  ended REAL,
  total INTEGER, inserted INTEGER, updated INTEGER, failed INTEGER,
  details TEXT,
  harvested REAL) WITHOUT ROWID;
CREATE INDEX job_chunk ON job (chunk);
CREATE TABLE skipped (reason TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE warning (code TEXT PRIMARY KEY, n INTEGER NOT NULL, message TEXT) WITHOUT ROWID;
CREATE TABLE rejected (
  id INTEGER PRIMARY KEY,
  position INTEGER NOT NULL,
  at TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('rejected', 'duplicate')),
  code TEXT NOT NULL,
  path TEXT,
  kept INTEGER);
CREATE TABLE failure (
  id INTEGER PRIMARY KEY,
  chunk INTEGER NOT NULL REFERENCES chunk,
  place INTEGER NOT NULL,
  position INTEGER NOT NULL,
  at TEXT NOT NULL,
  round INTEGER NOT NULL,
  job TEXT,
  attempt INTEGER NOT NULL,
  code TEXT NOT NULL,
  path TEXT,
  message TEXT NOT NULL,
  errors TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN
    ('open', 'judged', 'requeued', 'failed', 'already_there', 'inserted', 'updated')),
  user_id TEXT,
  why TEXT,
  UNIQUE (chunk, place));
CREATE INDEX failure_outcome ON failure (outcome);
CREATE TABLE once (key TEXT PRIMARY KEY, ended REAL NOT NULL) WITHOUT ROWID;
]]

-- Created by a stage in which a user loses something.
schema.LOSSES = [[
CREATE TABLE IF NOT EXISTS loss_set (id INTEGER PRIMARY KEY, losses TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS loss (
  chunk INTEGER PRIMARY KEY REFERENCES chunk,
  codes TEXT NOT NULL);
]]

-- Created by the first undo of a run.
schema.UNDO = [[
CREATE TABLE IF NOT EXISTS undo (
  chunk INTEGER PRIMARY KEY REFERENCES chunk,
  place INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  gone INTEGER NOT NULL,
  intent TEXT);
CREATE TABLE IF NOT EXISTS kept (
  chunk INTEGER NOT NULL REFERENCES chunk,
  place INTEGER NOT NULL,
  position INTEGER NOT NULL,
  at TEXT NOT NULL,
  why TEXT NOT NULL,
  user_id TEXT,
  PRIMARY KEY (chunk, place)) WITHOUT ROWID;
]]

return schema
