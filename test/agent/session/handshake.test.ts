import { times } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { createLog } from '../../../agent/log.ts'
import { shakeHands } from '../../../agent/session/handshake.ts'
import { createIgnored } from '../../../agent/session/ignored.ts'
import { pinKeys } from '../../../agent/session/pinned-keys.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { makeSigningKey, signingKey } from '../../support/plane-peer-keys.ts'
import { startAgent } from '../../support/running-agent.ts'
import { testKeys, welcomeVectors } from '../../support/vectors.ts'

test('opens a session with a plane whose proof and frames are right, among frames and members that nobody knows', async () => {
  await using plane = await startPlanePeer()
  await using agent = await startAgent({ plane })

  const session = await plane.session()

  expect(session.body).toMatchObject({
    agent: 'acme',
    replica: 'replica-1',
    counter: 1,
    policy: null,
    ledger: agent.ledger.head,
    held: [],
    connections: [{ name: 'main', state: 'unproven' }],
  })
  expect(session.body.jobs).toContain('groups.list')
  expect(session.body.jobs).not.toContain('groups.members.add')
  expect(await agent.line('session.opened')).toMatchObject({ session: 'session-1', plane: 'plane-1' })
  expect(await agent.line('frame.ignored')).toMatchObject({ type: 'gossip' })
})

test('draws a new nonce and counts up for each session, and keeps the instance', async () => {
  await using plane = await startPlanePeer()
  await using _agent = await startAgent({ plane })

  const first = await plane.session()
  first.cut()
  const second = await plane.session()

  expect(second.body.counter).toBe(2)
  expect(second.body.instance).toBe(first.body.instance)
  expect(second.body.nonce).not.toBe(first.body.nonce)
})

type Story = {
  readonly told: string
  readonly lever: (plane: Awaited<ReturnType<typeof startPlanePeer>>) => void
  readonly code: number
  readonly reason: string
  /** What the log says besides the name. */
  readonly says: string
}

const stories: readonly Story[] = [
  {
    told: 'another plane answers',
    lever: ({ levers }) => {
      levers.challenge = (honest) => ({ ...honest, plane: 'plane-2' })
    },
    ...{ code: 4413, reason: 'plane_wrong', says: 'enrolled at plane plane-1, but plane-2 answered' },
  },
  {
    told: 'the plane speaks only newer versions',
    lever: ({ levers }) => {
      levers.challenge = (honest) => ({ ...honest, protocol: { min: 2, max: 3 } })
    },
    ...{ code: 4406, reason: 'protocol_unsupported', says: 'protocol 2 to 3, this agent 1 to 1' },
  },
  {
    told: 'the welcome is signed by a key that is not pinned',
    lever: ({ levers }) => {
      levers.welcomeKey = makeSigningKey()
    },
    ...{
      code: 4412,
      reason: 'plane_proof_wrong',
      says: 'had its key rotated while this agent was away, enrol again: sallyport enrol',
    },
  },
  ...(['plane', 'agent', 'replica'] as const).map((member) => ({
    told: `the welcome is for another ${member}`,
    lever: ({ levers }: Awaited<ReturnType<typeof startPlanePeer>>) => {
      levers.welcome = (honest) => ({ ...honest, [member]: 'another' })
    },
    ...{ code: 4412, reason: 'plane_proof_wrong', says: 'made for another plane, agent, replica or session' },
  })),
  {
    told: 'the welcome is of another session',
    lever: ({ levers }) => {
      levers.welcome = (honest) => ({ ...honest, nonce: 'x'.repeat(43) })
    },
    ...{ code: 4412, reason: 'plane_proof_wrong', says: 'made for another plane, agent, replica or session' },
  },
  {
    told: 'the welcome names a version that is not the highest of both',
    lever: ({ levers }) => {
      levers.welcome = (honest) => ({ ...honest, protocol: 2 })
    },
    ...{ code: 4412, reason: 'plane_proof_wrong', says: 'another version than the highest' },
  },
  {
    told: 'the welcome was altered after it was signed',
    lever: (plane) => {
      plane.levers.welcome = (honest) => {
        const [header, , signature] = plane.key.sign('sallyport-welcome', honest).split('.')
        const payload = Buffer.from(JSON.stringify({ ...honest, lead: true })).toString('base64url')
        return JSON.stringify({ type: 'welcome', jws: `${header}.${payload}.${signature}` })
      }
    },
    ...{ code: 4412, reason: 'plane_proof_wrong', says: 'it is not what the key signed' },
  },
  {
    told: 'the welcome was signed as something else',
    lever: (plane) => {
      plane.levers.welcome = (honest) =>
        JSON.stringify({ type: 'welcome', jws: plane.key.sign('sallyport-batch', honest) })
    },
    ...{ code: 4412, reason: 'plane_proof_wrong', says: 'its header does not fit' },
  },
  {
    told: 'a message is no JSON',
    lever: ({ levers }) => {
      levers.challenge = () => 'hello?'
    },
    ...{ code: 4400, reason: 'frame_malformed', says: 'not a JSON object' },
  },
  {
    told: 'members of the challenge do not fit',
    lever: ({ levers }) => {
      levers.challenge = (honest) => ({ ...honest, nonce: 7 })
    },
    ...{ code: 4401, reason: 'frame_invalid', says: 'challenge: nonce' },
  },
  {
    told: 'a run comes before the welcome',
    lever: (plane) => {
      plane.levers.welcome = () => JSON.stringify({ type: 'run', jws: plane.key.sign('sallyport-batch', {}) })
    },
    ...{ code: 4402, reason: 'frame_unexpected', says: 'expected welcome, got run' },
  },
  {
    told: 'the welcome comes before the challenge',
    lever: (plane) => {
      plane.levers.challenge = () => JSON.stringify({ type: 'welcome', jws: plane.key.sign('sallyport-welcome', {}) })
    },
    ...{ code: 4402, reason: 'frame_unexpected', says: 'expected challenge, got welcome' },
  },
]

test.each(stories)('closes with $reason where $told', async ({ lever, code, reason, says }) => {
  await using plane = await startPlanePeer()
  lever(plane)
  await using agent = await startAgent({ plane, clock: createFakeClock() })

  expect(await plane.refusal()).toEqual({ code, reason })
  const refused = await agent.line('session.refused')
  expect(refused).toMatchObject({ level: 'warn', reason })
  expect(JSON.stringify(refused)).toContain(says)
  expect(await agent.line('session.closed')).toMatchObject({ code, reason })
})

test('closes with handshake_timeout where no welcome comes, and tries again', async () => {
  await using plane = await startPlanePeer()
  plane.levers.challenge = () => undefined
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock })
  const refusal = plane.refusal()

  await agent.line('frame.ignored')
  await clock.advance(times.handshakeMs)

  expect(await refusal).toEqual({ code: 4408, reason: 'handshake_timeout' })
  expect(await agent.line('session.refused')).toMatchObject({ reason: 'handshake_timeout' })
  plane.levers.challenge = undefined
  await agent.line('session.waiting')
  await clock.advance(times.backoffCapMs)
  await plane.session()
})

test('gives up a plane that takes nothing of the hello', async () => {
  await using plane = await startPlanePeer()
  await using agent = await startAgent({ plane, clock: createFakeClock() })
  const clock = createFakeClock()
  const identity = await agent.identityFile.read()
  const challenge = { type: 'challenge', plane: plane.id, nonce: 'n'.repeat(43), time: 0, protocol: { min: 1, max: 1 } }
  const text = JSON.stringify(challenge)

  const log = createLog({ level: 'error', write: () => {}, guard: createLeakGuard(), clock })

  const shaking = shakeHands({
    ...{ identity, keys: pinKeys(plane.statement), instance: 'instance', nonce: 'm'.repeat(43), clock },
    introduce: () => ({ version: '1', jobs: [], policy: null, ledger: null, connections: [], held: [] }),

    ignored: createIgnored(log),
    signal: new AbortController().signal,
    send: () => new Promise(() => {}),
    socket: {
      ...{ send: async () => {}, ping: () => {}, moved: () => 0, close: () => {}, destroy: () => {} },
      receive: (receiver) => receiver?.(text, text.length),
      ended: new Promise(() => {}),
    },
  })
  const refused = expect(shaking).rejects.toMatchObject({ reason: 'handshake_timeout' })
  await clock.asleep(times.handshakeMs)
  await clock.advance(times.handshakeMs)

  await refused
})

test('ignores a huge frame during the handshake', async () => {
  await using plane = await startPlanePeer()
  plane.levers.challenge = (honest) => ({ ...honest, padding: 'x'.repeat(1024 * 1024) })
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock })
  const refusal = plane.refusal()

  await agent.line('frame.refused')
  await clock.advance(times.handshakeMs)

  expect((await refusal).reason).toBe('handshake_timeout')
})

test('takes what follows the welcome in the same breath', async () => {
  await using plane = await startPlanePeer()
  await using agent = await startAgent({ plane })
  const session = await plane.session()

  session.run([{ id: 'run-breath', job: 'no.such' }])

  expect(await session.answer('run-breath')).toMatchObject({ type: 'refused', error: { code: 'job_unknown' } })
  expect(agent.lines.map(({ event }) => event)).not.toContain('session.closed')
})

const vectors = welcomeVectors()

test.each(vectors.cases)('welcome of the vectors: $name', async ({ jws, close }) => {
  await using plane = await startPlanePeer({ id: vectors.to.plane, key: signingKey(testKeys().plane) })
  plane.levers.welcome = () => JSON.stringify({ type: 'welcome', jws })
  const random = { fraction: () => 0, bytes: (count: number) => Buffer.alloc(count, vectors.to.nonce, 'base64url') }
  await using agent = await startAgent({ plane, replica: vectors.to.replica, random, clock: createFakeClock() })

  const { event, reason } = await Promise.race([agent.line('session.opened'), agent.line('session.closed')])

  expect({ event, reason }).toEqual(
    close === undefined ? { event: 'session.opened' } : { event: 'session.closed', reason: close },
  )
})
