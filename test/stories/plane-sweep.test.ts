// The control plane is killed at every commit, every frame and every answer of its life, and another one takes its place: nothing
// that it acknowledged is lost, nothing is done twice, and every run ends in a true state.

import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { rotateKey } from '../../control-plane/keys/rotate-key.ts'
import { systemClock } from '../../control-plane/ports/clock.ts'
import { aRun } from '../control-plane/store/store-fixtures.ts'
import { enrolmentBody, makePeerKey } from '../support/agent-peer.ts'
import { createHonestAgent } from '../support/honest-agent.ts'
import { enrolPeer, makeMortalTemplate } from '../support/mortal-template.ts'
import type { MortalWorld } from '../support/mortal-world.ts'
import {
  agentOf,
  enrolmentPasses,
  play,
  rotationPasses,
  type Scenario,
  scenarios,
  unknownJobPasses,
} from '../support/sweep-scenarios.ts'
import { unswept } from '../support/unswept.ts'
import { until } from '../support/until.ts'

const template = await makeMortalTemplate()
afterAll(() => template[Symbol.asyncDispose]())
const { identity, other, code } = template

/** The points that a run passes; those of the handshake are the enrolment's. */
async function pointsOf(scenario: Scenario, key?: string): Promise<readonly string[]> {
  await using agent = agentOf(scenario, identity)
  await using world = await template.open(undefined, ({ url }) => agent.connect(url))
  await play(scenario, { world, agent }, key)
  await until(() => agent.held().length === 0)
  await world.ended()
  const points = world.points()
  return points.slice(points.indexOf('after frame welcome #1') + 1)
}

for (const [name, scenario] of Object.entries<Scenario>(scenarios)) {
  describe(`${name}, and the control plane is killed`, async () => {
    const points = await pointsOf(scenario, 'once')

    test('at all that it does', () => {
      expect(unswept(points.filter(isSwept(scenario)), scenario.passes)).toEqual([])
    })

    test.for(points.filter(isSwept(scenario)))('%s', async (deadly) => {
      await using agent = agentOf(scenario, identity)
      await using world = await template.open(deadly, ({ url }) => agent.connect(url))

      const finished = await play(scenario, { world, agent }, 'once')
      const ended = await world.ended()
      const { body } = await world.surely(({ caller }) => caller.ask('GET', '/v1/agents/acme/runs'))
      const again = await world.surely(({ caller }) => caller.submit(scenario.job, scenario.params, { key: 'once' }))
      await until(() => agent.held().length === 0)
      const noted = (await world.audited()).filter(({ action }) => action === 'run.cancelled')

      expect(ended).toBe('SIGKILL')
      expect(finished).toMatchObject(scenario.ends)
      expect(agent.done).toHaveLength(scenario.doneCount)
      expect(body.runs).toMatchObject([{ id: finished.id, state: finished.state }])
      expect(again).toBe(finished.id)
      expect(noted).toHaveLength(scenario.isCancelled ? 1 : 0)
    })
  })
}

const isSwept =
  ({ swept }: Scenario) =>
  (point: string) =>
    swept?.test(point) ?? true

describe('a read that leaves while it is stored, and the control plane is killed', async () => {
  const scenario = scenarios['a read of one page']
  const points = await pointsOf(scenario)
  const statesOf = async ({ surely }: MortalWorld) => {
    const { body } = await surely(({ caller }) => caller.ask('GET', '/v1/agents/acme/runs'))
    return Array.from(Object(body.runs), ({ state }) => state)
  }

  test('it does leave before', () => {
    expect(points.indexOf('before frame run #1')).toBeLessThan(points.indexOf('after store runs.add #1'))
  })

  test.for(points.filter(isSwept(scenario)))('%s', async (deadly) => {
    await using agent = agentOf(scenario, identity)
    await using world = await template.open(deadly, ({ url }) => agent.connect(url))

    const finished = await play(scenario, { world, agent })
    const ended = await world.ended()
    await until(async () => (await statesOf(world)).every((state) => state === 'done') && agent.held().length === 0)

    expect(ended).toBe('SIGKILL')
    expect(finished).toMatchObject(scenario.ends)
    expect((await statesOf(world)).length).toBeLessThanOrEqual(2)
  })
})

describe('a read while the signing key is rotated, and the control plane is killed', async () => {
  const scenario = scenarios['a read of one page']
  const rotate = async (_store: unknown, state: string) => {
    await rotateKey({ path: join(state, 'signing.key'), clock: systemClock, overlapMs: 3_600_000 })
  }
  const readIt = async (deadly?: string) => {
    await using agent = agentOf(scenario, identity)
    await using world = await template.open(deadly, ({ url }) => agent.connect(url), rotate)
    const finished = await play(scenario, { world, agent }, 'once')
    return {
      finished,
      ended: await world.ended(),
      points: world.points().filter((point) => / frame keys /.test(point)),
    }
  }
  const { points } = await readIt()

  test('at all that it does', () => expect(unswept(points, rotationPasses)).toEqual([]))

  test.for(points)('%s', async (deadly) => {
    const { finished, ended } = await readIt(deadly)

    expect(ended).toBe('SIGKILL')
    expect(finished).toMatchObject(scenario.ends)
  })
})

describe('runs of a job that this version does not have, and the control plane is killed', async () => {
  const gone = (id: string) => {
    const text = JSON.stringify({ id, job: 'gone.job', connection: 'main', params: {}, requester: 'ops' })
    return { ...aRun, id, text, job: 'gone.job', expiresAt: Date.parse('2100-01-01') }
  }
  const runs = [
    { ...gone('run-00000001'), state: 'sent', attempt: 1, replica: identity.replica },
    gone('run-00000002'),
  ] as const
  const findThem = async (deadly?: string) => {
    await using agent = createHonestAgent({ ...identity }, { pages: () => [[]] })
    await using world = await template.open(
      deadly,
      ({ url }) => agent.connect(url),
      async (store) => void (await Promise.all(runs.map((run) => store.runs.add(run)))),
    )
    const ends = () => Promise.all(runs.map(({ id }) => world.surely(({ caller }) => caller.follow(id))))
    await ends()
    const ended = await world.ended()
    return {
      ended,
      ends: await (deadly && ends()),
      points: world.points().filter((point) => / runs\.step /.test(point)),
    }
  }
  const { points } = await findThem()

  test('at all that it does', () => expect(unswept(points, unknownJobPasses)).toEqual([]))

  test.for(points)('%s', async (deadly) => {
    const { ended, ends } = await findThem(deadly)

    expect(ended).toBe('SIGKILL')
    expect(ends).toMatchObject(runs.map(({ id }) => ({ id, state: 'failed', error: { code: 'job_unknown' } })))
  })
})

describe('an enrolment and its first session, and the control plane is killed', async () => {
  const { key, publicKey } = makePeerKey()
  const asked = { body: enrolmentBody(code, publicKey), key }
  const enrolAndConnect = async (deadly?: string) => {
    await using world = await template.open(deadly, async () => {})
    const { replica } = await world.surely(({ url }) => enrolPeer(url, asked))
    await using agent = createHonestAgent({ agent: 'acme', replica, key, counter: 0 }, { pages: () => [[]] })
    await world.surely(({ url }) => agent.connect(url))
    const look = () => world.surely(({ caller }) => caller.ask('GET', '/v1/agents/acme'))
    await look()
    const ended = await world.ended()
    const shown = await (deadly && look())
    const noted = (await world.audited()).filter(({ action, details }) => {
      return action === 'replica.enrolled' && details.replica === replica
    })
    return { replica, ended, shown, noted, points: world.points() }
  }
  const { points } = await enrolAndConnect()

  test('at all that it does', () => expect(unswept(points, enrolmentPasses)).toEqual([]))

  test.for(points)('%s', async (deadly) => {
    const { replica, ended, shown, noted } = await enrolAndConnect(deadly)

    expect(ended).toBe('SIGKILL')
    expect(noted).not.toEqual([])
    expect(shown).toMatchObject({
      body: { replicas: [{ id: identity.replica }, { id: other.replica }, { id: replica, revokedAt: null }] },
    })
  })
})
