// The store on SQLite, in one file or in memory.

import { createAgents, createReplicas } from './sqlite/agents.ts'
import { createAudit } from './sqlite/audit.ts'
import { createCodes } from './sqlite/codes.ts'
import { type Database, type OpenOptions, openDatabase } from './sqlite/database.ts'
import { createKnownRuns, type KnownRuns } from './sqlite/known-runs.ts'
import { createPages, type PagesOptions } from './sqlite/pages.ts'
import { createRetention } from './sqlite/retention.ts'
import { createRuns } from './sqlite/runs.ts'
import { createTokens } from './sqlite/tokens.ts'
import type { Store } from './store.ts'

/**
 * Opens the store and brings its tables up to date. Several processes may hold the same file; `version()` tells each
 * that another one wrote. Throws where the file cannot be opened or is of a newer version, and `configuration_invalid` where its
 * pages were closed with another key.
 */
export async function openSqliteStore(options: OpenOptions & PagesOptions): Promise<Store & AsyncDisposable> {
  const database = await openDatabase(options)
  const knownRuns = createKnownRuns(database)
  try {
    return { ...tablesOf(database, knownRuns, options), [Symbol.asyncDispose]: database.close }
  } catch (error) {
    await database.close()
    throw error
  }
}

function tablesOf(database: Database, knownRuns: KnownRuns, options: PagesOptions): Store {
  return {
    agents: createAgents(database, knownRuns),
    replicas: createReplicas(database),
    codes: createCodes(database),
    runs: createRuns(database, knownRuns, options),
    pages: createPages(database, knownRuns, options),
    retention: createRetention(database, knownRuns),
    tokens: createTokens(database),
    audit: createAudit(database),
    version: database.version,
    close: database.close,
  }
}
