// Takes out of a row what the policy lets not leave, after the row schema. Inside of events it is the handler that does, by the
// names that are given here.

import { createHmac } from 'node:crypto'
import { type PolicyFields, plainField } from './fields.ts'

export type Redaction = {
  row(row: unknown): unknown
  readonly events: EventRedaction
}

/** Names are written as `plainField` does. */
export type EventRedaction = {
  readonly dropped: ReadonlySet<string>
  readonly hashed: ReadonlySet<string>
  readonly revealed: ReadonlySet<string>
  hash(text: string): string
}

export const noRedaction: Redaction = {
  row: (row) => row,
  events: { dropped: new Set(), hashed: new Set(), revealed: new Set(), hash: () => '' },
}

/** `key` is asked for when the first text is to be hashed. */
export function createRedaction(fields: PolicyFields | undefined, key: () => Uint8Array): Redaction {
  if (fields === undefined) return noRedaction
  const { drop = [], hash: hashed = [], reveal = [] } = fields
  let drawn: Uint8Array | undefined
  const hash = (text: string) => {
    drawn ??= key()
    return `hmac-sha256:${createHmac('sha256', drawn).update(text).digest('base64url')}`
  }
  const redacted = ([name, value]: readonly [string, unknown]): readonly [string, unknown][] => {
    if (drop.includes(name)) return []
    if (!hashed.includes(name) || value === null) return [[name, value]]
    return typeof value === 'string' ? [[name, hash(value)]] : []
  }
  return {
    row: (row) =>
      typeof row === 'object' && row !== null ? Object.fromEntries(Object.entries(row).flatMap(redacted)) : row,
    events: {
      dropped: new Set(drop.map(plainField)),
      hashed: new Set(hashed.map(plainField)),
      revealed: new Set(reveal.map(plainField)),
      hash,
    },
  }
}
