// What the leak guard costs: a page is searched for the secrets of one connection and of eight, and parsed for comparison.

import { createHash } from 'node:crypto'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'
import { Secret } from '../../agent/vault/secret.ts'
import { encodingsOf } from '../../agent/vault/secret-encodings.ts'
import type { GuardFigures } from './results.ts'
import { median } from './statistics.ts'

const rounds = 300
const pageBytes = 153_000

/** Medians; each round makes the text anew, as a frame is made, and what is compared takes turns. */
export function benchGuard(): readonly GuardFigures[] {
  const rows = pageOf(pageBytes)
  return [1, 8].map((secretCount) => {
    const secrets = Array.from({ length: secretCount }, (_, index) => `jca_${digest(`secret ${index}`).slice(0, 36)}`)
    const guard = createLeakGuard()
    for (const [index, text] of secrets.entries()) guard.protect(new Secret(text), `connection ${index}`)
    const needles = new Set(secrets.flatMap((text) => encodingsOf(text).map((form) => form.text)))
    const figures = measure(rows, (text) => void guard.contains(text, 'frame'))
    return { needleCount: needles.size, pageBytes: rows.length, ...figures }
  })
}

function measure(rows: string, search: (text: string) => void) {
  const took = Array.from({ length: 2 * rounds }, (_, index) => {
    const text = JSON.stringify({ type: 'page', seq: index, rows })
    const [searchUs, parseUs] = [tookUs(() => search(text)), tookUs(() => void JSON.parse(rows))]
    return { searchUs, parseUs }
  }).slice(rounds)
  return {
    searchUs: median(took.map(({ searchUs }) => searchUs)),
    parseUs: median(took.map(({ parseUs }) => parseUs)),
  }
}

function tookUs(act: () => void): number {
  const startedAt = performance.now()
  act()
  return (performance.now() - startedAt) * 1000
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

/** Users as they stand in a page: ids, names, addresses and instants. */
function pageOf(bytes: number): string {
  const rowBytes = Buffer.byteLength(JSON.stringify(userOf(1000)))
  return JSON.stringify(Array.from({ length: Math.ceil(bytes / (rowBytes + 1)) }, (_, index) => userOf(index)))
}

function userOf(index: number) {
  const id = digest(`user ${index}`)
  return {
    id: id.slice(0, 24),
    username: `user.${id.slice(24, 32)}`,
    email: `user.${id.slice(24, 32)}@example.com`,
    displayName: `Ada Lovelace ${index}`,
    employeeId: Buffer.from(id.slice(32, 44)).toString('base64'),
    state: 'ACTIVATED',
    isSuspended: false,
    createdAt: new Date(1_600_000_000_000 + index * 1_000_000).toISOString(),
  }
}
