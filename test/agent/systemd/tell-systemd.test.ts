import { expect, test } from 'vitest'
import { type AgentFacts, statusOf } from '../../../agent/status/status.ts'
import { tellSystemd } from '../../../agent/systemd/tell-systemd.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const counted = { done: 0, failed: 0, refused: 0, rows: 0 }
const well: AgentFacts = {
  ...{ version: '1.2.3', agent: 'acme', replica: 'r', instance: 'i', startedAt: '2026-03-04T05:06:07.000Z' },
  isDraining: false,
  session: {
    ...{ state: 'open', plane: 'https://plane.example', id: 'se_1', since: '2026-03-04T05:06:07.000Z' },
    ...{ lead: false, epoch: 1 },
  },
  policy: { digest: null, jobs: [], isPanic: false, flaw: null },
  connections: [{ name: 'main', state: 'ready' }],
  journal: { name: 'ok', message: 'the journal is written' },
  ledger: { name: 'ok', message: 'the ledger is written', head: null },
  runs: { held: 0, ...counted },
  calls: [],
}
const away = { ...well, session: { ...well.session, state: 'waiting', id: null } } as const

/** A service manager that keeps what it is told, and an agent whose facts the test sets. */
function startTelling(environment: Readonly<Record<string, string>> = {}) {
  const clock = createFakeClock()
  const told: Readonly<Record<string, string>>[] = []
  const facts = { now: away as AgentFacts }
  const notify = (assignments: Readonly<Record<string, string>>) => void told.push(assignments)
  const systemd = tellSystemd({ notify, environment, clock, drainMs: 30_000 })
  const pings = () => told.filter(({ WATCHDOG }) => WATCHDOG === '1').length
  return { clock, told, facts, systemd, pings, ready: () => systemd.ready(() => statusOf(facts.now)) }
}

const noSession = 'takes no work: there is no session to https://plane.example since 2026-03-04T05:06:07.000Z'

test('it is ready while the control plane is away, and says so', () => {
  const { told, systemd, ready } = startTelling()
  systemd.changed()

  ready()

  expect(told).toEqual([{ READY: '1' }, { STATUS: noSession }])
})

test('says how it is when that changes, and only then', () => {
  const { told, facts, systemd, ready } = startTelling()
  ready()
  facts.now = well

  systemd.changed()
  systemd.changed()

  expect(told.slice(2)).toEqual([{ STATUS: 'session to https://plane.example since 2026-03-04T05:06:07.000Z' }])
})

test('says that it stops once, and asks for the time that it may take', () => {
  const { told, facts, systemd, ready } = startTelling()
  ready()
  facts.now = { ...well, isDraining: true }

  systemd.changed()
  systemd.changed()

  expect(told.slice(2)).toEqual([
    { STATUS: 'stops when what it works on is answered' },
    { STOPPING: '1', EXTEND_TIMEOUT_USEC: '45000000' },
  ])
})

test('feeds the watchdog twice in its time until it is over', async () => {
  const { clock, pings, systemd, ready } = startTelling({ WATCHDOG_USEC: '3000000' })
  ready()
  const first = pings()
  await clock.advance(1500)
  await clock.advance(1500)
  const fed = pings()

  systemd[Symbol.dispose]()
  await clock.advance(1500)

  expect([first, fed, pings()]).toEqual([1, 3, 3])
})

test('does not feed it when only a new process would help', async () => {
  const { clock, facts, pings, ready } = startTelling({ WATCHDOG_USEC: '3000000' })
  facts.now = { ...well, session: { ...well.session, state: 'stopped' } }

  ready()
  await clock.advance(1500)

  expect(pings()).toBe(0)
})

test('a unit without a watchdog gets none', async () => {
  const { clock, pings, ready } = startTelling({ WATCHDOG_USEC: '0' })

  ready()
  await clock.advance(10_000)

  expect(pings()).toBe(0)
})
