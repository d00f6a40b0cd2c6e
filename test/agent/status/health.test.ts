import type { ConnectionState } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { healthOf } from '../../../agent/status/health.ts'

type Judged = Parameters<typeof healthOf>[0]

const ready: ConnectionState = { name: 'main', state: 'ready' }
const well: Judged = {
  isDraining: false,
  session: {
    ...{ state: 'open', plane: 'https://plane.example', id: 'se_1', since: '2026-03-04T05:06:07.000Z' },
    ...{ lead: false, epoch: 1 },
  },
  policy: { digest: null, jobs: [], isPanic: false, flaw: null },
  connections: [ready],
  journal: { name: 'ok', message: 'the journal is written' },
  ledger: { name: 'ok', message: 'the ledger is written', head: null },
}

test('an agent with a session and a credential takes work', () => {
  expect(healthOf(well)).toEqual({ live: true, ready: true, reasons: [], warnings: [] })
})

const session = { ...well.session, state: 'connecting', id: null } as const
const unready: ReadonlyArray<readonly [string, Partial<Judged>, string]> = [
  ['without a session', { session }, 'there is no session to https://plane.example since 2026-03-04T05:06:07.000Z'],
  [
    'where the control plane says why there is no session',
    { session: { ...session, endedBy: 'counter_behind' } },
    'there is no session to https://plane.example since 2026-03-04T05:06:07.000Z: the counter of this replica went back (a cloned or restored host) (counter_behind)',
  ],
  [
    'where the newest session ended in order',
    { session: { ...session, endedBy: 'restart' } },
    'there is no session to https://plane.example since 2026-03-04T05:06:07.000Z',
  ],
  ['while it stops', { isDraining: true }, 'it is stopping, and takes nothing new'],
  [
    'while everything is denied',
    { policy: { ...well.policy, isPanic: true } },
    'everything is denied: "sallyport panic --lift" ends it',
  ],
  [
    'without a usable credential',
    { connections: [{ name: 'main', state: 'credential_missing' }] },
    'no connection has a usable credential: main: credential_missing',
  ],
]

test.each(unready)('%s it takes none, lives all the same, and says why', (_, change, reason) => {
  expect(healthOf({ ...well, ...change })).toMatchObject({ live: true, ready: false, reasons: [reason] })
})

const warned: ReadonlyArray<readonly [string, Partial<Judged>, string]> = [
  [
    'a full disk',
    { journal: { name: 'full', message: 'write the journal: there is no room' } },
    'write the journal: there is no room',
  ],
  [
    'a policy file with a slip in it',
    {
      policy: {
        ...well.policy,
        flaw: 'read the policy: 2 problems\n6:1: a tab indents here; use spaces\n8:1: the same',
      },
    },
    'the policy file is not valid, and the policy before it stays in force: "sallyport policy check" says why',
  ],
  [
    'one of two connections',
    { connections: [ready, { name: 'other', state: 'credential_rejected' }] },
    'connection other: credential_rejected',
  ],
  [
    'a credential that ends soon',
    { connections: [{ ...ready, endsWithinDays: 7 }] },
    'the credential of connection main ends within 7 days: set a new one',
  ],
  [
    'a writer that has ended',
    { connections: [{ ...ready, writer: { state: 'ready', endsWithinDays: 0 } }] },
    'the credential of connection main.writer has ended: set a new one',
  ],
  [
    'a writer that JumpCloud refuses',
    { connections: [{ ...ready, writer: { state: 'credential_rejected' } }] },
    'connection main.writer: credential_rejected',
  ],
  [
    'a secret that is not used',
    { connections: [{ ...ready, alarm: true }] },
    'connection main: a newer secret is there and is not used, because it is not good',
  ],
]

test.each(warned)('%s is a warning, and work goes on', (_, change, warning) => {
  expect(healthOf({ ...well, ...change })).toMatchObject({ ready: true, warnings: [warning] })
})
