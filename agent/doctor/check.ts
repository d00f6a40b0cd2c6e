// What a check is, and what it may come to.

import type { CheckId } from './catalogue.ts'

export type Verdict = {
  readonly state: 'ok' | 'warn' | 'fail' | 'skipped'
  /** One sentence: what was found, or why it was not looked at. Never a secret. */
  readonly says: string
  /** In place of the command of the catalogue, where a better one is known. */
  readonly mend?: string | undefined
}

export type Check = {
  readonly id: CheckId
  /** The connection, or its credential, that it is about. */
  readonly of?: string
  /** Names of those without which it cannot succeed. */
  readonly after?: readonly string[]
  /** Changes nothing. An error that it throws is its failure. */
  readonly look: (signal: AbortSignal) => Verdict | Promise<Verdict>
}

/** How a check is called in lists and by others that depend on it. */
export function nameOfCheck(id: CheckId, of?: string): string {
  return of === undefined ? id : `${id}:${of}`
}

/** For what is closed to whoever runs doctor. */
export const asRoot = 'sudo sallyport doctor'

export const ok = (says: string): Verdict => ({ state: 'ok', says })
export const warn = (says: string, mend?: string): Verdict => ({ state: 'warn', says, mend })
export const fail = (says: string, mend?: string): Verdict => ({ state: 'fail', says, mend })
export const skip = (says: string): Verdict => ({ state: 'skipped', says })
