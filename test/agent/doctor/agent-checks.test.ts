import { mkdir } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type LocalInterfaceOptions, openLocalInterface } from '../../../agent/listen/local-interface.ts'
import { createLog } from '../../../agent/log.ts'
import { systemClock } from '../../../agent/ports/clock.ts'
import { type AgentFacts, statusOf } from '../../../agent/status/status.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { version } from '../../../agent/version.ts'
import { type DoctorWorld, findingOf, openDoctorWorld } from '../../support/doctor-world.ts'

const facts: AgentFacts = {
  ...{ version, agent: 'acme', replica: 're_1', instance: 'instance-1', startedAt: '2026-03-04T05:00:00.000Z' },
  isDraining: false,
  session: { state: 'open', plane: 'p', id: 'se_1', since: '2026-03-04T05:00:01.000Z', lead: true, epoch: 1 },
  policy: { digest: null, jobs: ['org.get'], isPanic: false },
  connections: [{ name: 'main', state: 'ready' }],
  journal: { name: 'ok', message: 'the journal is written' },
  ledger: { name: 'ok', message: 'the ledger is written', head: null },
  runs: { held: 0, done: 2, failed: 0, refused: 0, rows: 9 },
  calls: [],
}

/** The socket of an agent, with these facts behind it. */
async function letAnswer({ at }: DoctorWorld, change: Partial<AgentFacts> = {}): Promise<AsyncDisposable> {
  const guard = createLeakGuard()
  const log = createLog({ level: 'error', write: () => {}, guard, clock: systemClock })
  const service: LocalInterfaceOptions['service'] = {
    status: () => statusOf({ ...facts, ...change }),
    runs: () => [],
    drain: () => {},
  }
  await mkdir(at('state'), { recursive: true })
  return await openLocalInterface({ service, socketPath: at('state/sallyport.sock'), listen: {}, guard, log })
}

async function reportBeside(change: Partial<AgentFacts>) {
  await using world = await openDoctorWorld()
  await using _ = await letAnswer(world, change)
  const report = await world.diagnose()
  return { report, session: world.plane.events.filter(({ event }) => event === 'session.refused') }
}

test('a host on which all is well has no failure, and whoever runs here is not asked for at the control plane', async () => {
  const { report, session } = await reportBeside({})

  expect(report.failed).toEqual([])
  expect(findingOf(report, 'plane.enrolment').says).toBe('the agent has its session since 2026-03-04T05:00:01.000Z')
  expect(findingOf(report, 'agent.ready').says).toBe('it takes work')
  expect(findingOf(report, 'plane.run').says).toBe('since its start 2 runs were done, 0 failed and 0 were refused')
  expect(session).toEqual([])
})

describe('names the cause in the running agent', () => {
  test.each([
    ['it is stopping', 'agent.ready', /it is stopping/, { isDraining: true }],
    [
      'it has no session, and would be let in',
      'agent.ready',
      /there is no session to p since/,
      { session: { ...facts.session, state: 'waiting' as const } },
    ],
    [
      'another host uses the key of this replica',
      'agent.ready',
      /another living process uses the key of this replica/,
      { session: { ...facts.session, state: 'waiting' as const, endedBy: 'replica_conflict' as const } },
    ],
    ['its journal is full', 'journal', /no room/, { journal: { name: 'full' as const, message: 'there is no room' } }],
    [
      'its ledger cannot be written',
      'ledger',
      /may not write it/,
      { ledger: { name: 'read_only' as const, message: 'the agent may not write it', head: null } },
    ],
  ])('where %s: %s', async (_, id, says, change) => {
    const { report } = await reportBeside(change)

    const [first = 'nothing'] = report.failed
    expect([first, findingOf(report, first).says]).toEqual([id, expect.stringMatching(says)])
  })

  test('where none runs: agent.running', async () => {
    await using world = await openDoctorWorld()

    const report = await world.diagnose()

    expect(report.failed).toEqual(['agent.running'])
    expect(findingOf(report, 'agent.running').mend).toBe(['sallyport start', ...world.flags].join(' '))
  })
})

test('warns of an agent of another version than this program, and of runs of which none was done', async () => {
  const { report } = await reportBeside({ version: '0.0.9', runs: { ...facts.runs, done: 0, refused: 3 } })

  expect(findingOf(report, 'versions')).toMatchObject({ state: 'warn', says: expect.stringContaining('still 0.0.9') })
  expect(findingOf(report, 'plane.run').state).toBe('warn')
})

test('says how a first run is made where none came yet', async () => {
  const { report } = await reportBeside({ runs: { ...facts.runs, done: 0 } })

  expect(findingOf(report, 'plane.run')).toMatchObject({
    state: 'skipped',
    says: expect.stringContaining("sallyport-control run acme org.get '{}'"),
  })
})
