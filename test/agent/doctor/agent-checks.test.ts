import { appendFile, mkdir } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { headOf, lineAfter } from '../../../agent/ledger/chain.ts'
import type { Entry } from '../../../agent/ledger/entry.ts'
import { ledgerDirectory } from '../../../agent/ledger/ledger-paths.ts'
import { findTail } from '../../../agent/ledger/ledger-tail.ts'
import { type LocalInterfaceOptions, openLocalInterface } from '../../../agent/listen/local-interface.ts'
import { createLog } from '../../../agent/log.ts'
import { systemClock } from '../../../agent/ports/clock.ts'
import type { RunSummary } from '../../../agent/runs/run-summary.ts'
import { type AgentFacts, statusOf } from '../../../agent/status/status.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { version } from '../../../agent/version.ts'
import { type DoctorWorld, findingOf, openDoctorWorld } from '../../support/doctor-world.ts'

const facts: AgentFacts = {
  ...{ version, agent: 'acme', replica: 're_1', instance: 'instance-1', startedAt: '2026-03-04T05:00:00.000Z' },
  isDraining: false,
  session: { state: 'open', plane: 'p', id: 'se_1', since: '2026-03-04T05:00:01.000Z', lead: true, epoch: 1 },
  policy: { digest: null, jobs: ['org.get'], isPanic: false, flaw: null },
  connections: [{ name: 'main', state: 'ready' }],
  journal: { name: 'ok', message: 'the journal is written' },
  ledger: { name: 'ok', message: 'the ledger is written', head: null },
  runs: { held: 0, done: 2, failed: 0, refused: 0, rows: 9 },
  calls: [],
}

type Service = LocalInterfaceOptions['service']

/** The socket of an agent, with these facts behind it. */
async function letAnswer(
  { at }: DoctorWorld,
  change: Partial<AgentFacts> = {},
  acts: Partial<Service> = {},
): Promise<AsyncDisposable> {
  const guard = createLeakGuard()
  const log = createLog({ level: 'error', write: () => {}, guard, clock: systemClock })
  const service: Service = {
    status: () => statusOf({ ...facts, ...change }),
    runs: () => [],
    drain: () => {},
    trial: () => false,
    ...acts,
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

test('says how a run is made where the agent has no session in which it could ask for one', async () => {
  const { report } = await reportBeside({})

  expect(findingOf(report, 'plane.run')).toMatchObject({
    state: 'warn',
    says: 'the agent has no session in which it could ask for one; since the agent started, 2 runs were done, 0 failed and 0 were refused',
    mend: "sallyport-control run acme org.get '{}'",
  })
})

test.each([
  [2, 'ok', /^since the agent started, 2 runs were done/],
  [0, 'warn', /^none was done yet; since the agent started, 0 runs/],
])('an agent that is too old to ask for a run tells of those that it did: %i', async (done, state, says) => {
  await using world = await openDoctorWorld()
  const status = statusOf({ ...facts, runs: { ...facts.runs, done } })
  const askAgent = async (_: string, path: string) =>
    path === '/trial' ? { status: 404, body: {} } : { status: 200, body: status }

  const report = await world.diagnose({ ground: { askAgent } })

  expect(findingOf(report, 'plane.run')).toMatchObject({ state, says: expect.stringMatching(says) })
})

const ofRun = { run: 'run_trial', attempt: 1, digest: 'f'.repeat(64), job: 'org.get', connection: 'main' }
const came: Entry = {
  ...{ kind: 'run.accepted', ...ofRun, requester: 'replica re_1' },
  ...{ doubtful: false, effect: 'read', rule: null },
}
const ofAnother: Entry = { ...came, run: 'run_other', requester: 'vendor' }
const answered: Entry = {
  ...{ kind: 'run.answered', run: 'run_trial', attempt: 1, answer: 'done', outcome: null },
  ...{ pages: 1, rows: 1, bytes: 20, sha256: 'f'.repeat(64) },
}
const failed: Entry = { ...answered, answer: 'failed', code: 'jumpcloud_unavailable' }
const refused: Entry = { ...ofRun, kind: 'run.refused', requester: 'replica re_1', code: 'policy_denied', rule: null }

/** What the agent writes down when it is asked to ask for a run, and what it then still holds. */
async function runOf(entries: readonly Entry[], held: Service['runs'] = () => []) {
  await using world = await openDoctorWorld()
  const directory = ledgerDirectory(world.at('state'))
  await mkdir(directory, { mode: 0o700 })
  const write = async () => {
    for (const entry of entries) {
      const { path, head } = findTail(directory)
      const line = lineAfter(head, entry, 0)
      await appendFile(path.path, `${line}\n`)
      expect(headOf(head.seq + 1, line)).toEqual(findTail(directory).head)
    }
  }
  let written: Promise<void> | undefined
  const trial = () => {
    written = write()
    return true
  }
  await using _ = await letAnswer(world, {}, { trial, runs: held })
  // Nobody waits: what doctor sleeps is over at once.
  let sleptMs = 0
  const sleep = async (ms: number) => {
    await written
    sleptMs += ms
  }
  const clock = { ...systemClock, now: world.plane.clock.now, monotonic: () => sleptMs, sleep }
  const report = await world.diagnose({ ground: { clock } })
  return findingOf(report, 'plane.run')
}

describe('asks for a run', () => {
  test.each([
    [
      'was answered, and stored there',
      [ofAnother, came, answered],
      /^the control plane sent run run_trial and has its answer; \d+ ms$/,
    ],
    ['failed, which is an answer, too', [came, failed], /has its answer: jumpcloud_unavailable; /],
    ['was refused by the policy, which is one, too', [refused], /has its answer: policy_denied; /],
    [
      'was answered when many others had come since',
      [came, ...Array.from({ length: 600 }, () => ofAnother), answered],
      /^the control plane sent run run_trial and has its answer; /,
    ],
  ])('that %s', async (_, entries, says) => {
    expect(await runOf(entries)).toMatchObject({ state: 'ok', says: expect.stringMatching(says) })
  })

  test.each<[string, readonly Entry[], Service['runs'], RegExp]>([
    ['does not come', [ofAnother], () => [], /^the control plane was asked for a run and sent none; /],
    ['is not answered', [came], () => [], /^run run_trial came and is not answered yet; /],
    [
      'is answered, and the answer not stored there',
      [came, answered],
      () => [summary],
      /^run run_trial came and is answered, and the control plane does not say that it has that; /,
    ],
  ])('that %s, and says so', async (_, entries, held, says) => {
    expect(await runOf(entries, held)).toMatchObject({ state: 'warn', says: expect.stringMatching(says) })
  })
})

const summary: RunSummary = {
  ...{ run: 'run_trial', attempt: 1, job: 'org.get', connection: 'main', requester: 'replica re_1' },
  ...{ state: 'answered', effect: 'read', receivedAt: '2026-03-04T05:00:02.000Z', rows: 1 },
}
