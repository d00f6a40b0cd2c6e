// Where the ledger's files lie in the state directory: `ledger/000001.jsonl` and on.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '../ports/files.ts'

export type LedgerPath = { readonly number: number; readonly name: string; readonly path: string }

export function ledgerDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'ledger')
}

export function ledgerPath(directory: string, number: number): LedgerPath {
  const name = `${String(number).padStart(6, '0')}.jsonl`
  return { number, name, path: join(directory, name) }
}

/** Oldest first; empty where there is no directory. */
export function listLedger(directory: string): readonly LedgerPath[] {
  return namesIn(directory)
    .flatMap((name) => /^(\d{6,})\.jsonl$/.exec(name)?.[1] ?? [])
    .map((digits) => ledgerPath(directory, Number(digits)))
    .sort((one, other) => one.number - other.number)
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}
