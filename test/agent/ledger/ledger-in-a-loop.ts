// A process that writes its ledger until it is killed, and says on standard output what it was told is durable. For the
// crash test.

import { setImmediate } from 'node:timers/promises'
import type { ReplicaKey } from '../../../agent/identity/replica-key.ts'
import { openLedger } from '../../../agent/ledger/ledger.ts'
import { systemClock } from '../../../agent/ports/clock.ts'
import { answered } from './open-test-ledger.ts'

const [stateDirectory = '', prefix = '', key = ''] = process.argv.slice(2)
const silent = () => {}
// The test made it, a line ago.
const replicaKey = JSON.parse(key) as ReplicaKey

process.stdout.write('loaded\n')
const ledger = await openLedger({
  ...{ stateDirectory, clock: systemClock, guard: { contains: () => undefined } },
  identity: { agent: 'acme', replica: 'replica-1', key: replicaKey },
  settings: { fileBytes: 20_000, fileMs: 1e9, keepMs: 1e12, keepBytes: 1e12 },
  log: { debug: silent, info: silent, warn: silent, error: silent },
})

for (let round = 0; ; round += 1) {
  for (const name of ['a', 'b', 'c']) ledger.add(answered(`${prefix}-${round}-${name}`))
  if (round % 3 === 0) {
    await ledger.durable()
    process.stdout.write(`${prefix}-${round}-c ${ledger.head?.seq} ${ledger.head?.hash}\n`)
  }
  await setImmediate()
}
