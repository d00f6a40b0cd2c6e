import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../agent/ports/clock.ts'
import { type Break, causeOf, findingOf, openDoctorWorld } from '../../support/doctor-world.ts'
import { startListener } from '../../support/listener.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { startRawServer } from '../../support/raw-server.ts'

/** What a case starts goes with it. */
type Case = readonly [
  what: string,
  first: string,
  says: RegExp,
  breaking: (world: Parameters<Break>[0], parts: AsyncDisposableStack) => ReturnType<Break>,
]

const minutes = 60 * 1000

const cases: readonly Case[] = [
  [
    'it is no Sallyport',
    'plane.upgrade',
    /does not speak sallyport\.v1 \(Unexpected server response: 404\)/,
    async ({ configure }, parts) => {
      const { url } = parts.use(await startRawServer((_, response) => response.writeHead(404).end()))
      await configure({ plane: { url } })
    },
  ],
  [
    'it takes the connection and says nothing',
    'plane.upgrade',
    /nothing came of it within 1\.5 s/,
    async ({ configure }, parts) => {
      const { url } = parts.use(await startListener())
      await configure({ plane: { url } })
      return { checkMs: 1500 }
    },
  ],
  [
    'it says what no plane says',
    'plane.upgrade',
    /challenge: nonce/,
    async ({ configure }, parts) => {
      const peer = parts.use(await startPlanePeer())
      peer.levers.challenge = (honest) => ({ ...honest, nonce: 'short' })
      await configure({ plane: { url: peer.url } })
    },
  ],
  [
    'it speaks another version',
    'plane.protocol',
    /speaks protocol 7 to 9, this agent 1 to 1: update the older one/,
    async ({ configure }, parts) => {
      const peer = parts.use(await startPlanePeer())
      peer.levers.challenge = (honest) => ({ ...honest, protocol: { min: 7, max: 9 } })
      await configure({ plane: { url: peer.url } })
    },
  ],
  [
    'the clock of this host is wrong',
    'clock.skew',
    /600 s ahead of that of the control plane/,
    async ({ plane: { clock } }) => {
      const here = { ...clock, now: () => clock.now() + 10 * minutes }
      return { ground: { clock: { ...here, after: () => () => {} } } }
    },
  ],
  [
    'the replica was revoked',
    'plane.enrolment',
    /the replica was revoked at the control plane/,
    async ({ plane, identityFile }) => {
      const { agent, replica } = await identityFile.read()
      await plane.plane.administration.revokeReplica('test', agent, replica)
    },
  ],
  [
    'the agent is disabled',
    'plane.enrolment',
    /agent acme is disabled at the control plane/,
    async ({ plane }) => {
      await plane.plane.administration.disableAgent('test', 'acme')
    },
  ],
  [
    'the control plane knows no such replica',
    'plane.enrolment',
    /knows no such replica; enrol again/,
    async ({ identityFile }) => {
      await identityFile.write({ ...(await identityFile.read()), replica: 're_nobody' })
    },
  ],
  [
    'it is asked for a session and says nothing',
    'plane.enrolment',
    /does not let replica \S+ in: it does not answer who asks for a session/,
    async ({ configure, identityFile, plane: { clock } }, parts) => {
      const peer = parts.use(await startPlanePeer({ id: (await identityFile.read()).plane.id }))
      peer.levers.challenge = (honest) => ({ ...honest, time: clock.now() })
      await configure({ plane: { url: peer.url } })
      const after = (ms: number, then: () => void) => systemClock.after(ms / 10, then)
      return { ground: { clock: { ...systemClock, now: clock.now, after } } }
    },
  ],
  [
    'it is another control plane than the one of the enrolment',
    'plane.enrolment',
    /is enrolled at control plane elsewhere, and \S+ answers/,
    async ({ identityFile }) => {
      const identity = await identityFile.read()
      await identityFile.write({ ...identity, plane: { ...identity.plane, id: 'elsewhere' } })
    },
  ],
]

describe('names the cause at the control plane', () => {
  test.each(cases)('where %s: %s', async (_, id, says, breaking) => {
    await using parts = new AsyncDisposableStack()

    const { report, first } = await causeOf((world) => breaking(world, parts))

    expect(report.result).toBe('fail')
    expect([first.name, first.says]).toEqual([id, expect.stringMatching(says)])
  })
})

test('asks whether the replica would be let in without beginning a session or counting one', async () => {
  await using world = await openDoctorWorld()
  const identity = await world.identityFile.read()
  const before = await world.plane.store.replicas.get(identity.replica)

  const report = await world.diagnose()

  expect(findingOf(report, 'plane.enrolment').state).toBe('ok')
  expect(await world.identityFile.read()).toEqual(identity)
  expect(await world.plane.store.replicas.get(identity.replica)).toEqual(before)
  expect(world.plane.events.map(({ event }) => event)).not.toContain('session.opened')
  expect(world.plane.events.filter(({ event }) => event === 'session.refused')).toMatchObject([
    { fields: { reason: 'protocol_unsupported' } },
  ])
})
