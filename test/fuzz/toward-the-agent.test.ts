// Ten thousand messages that no honest control plane sends, through live sockets into a real agent.

import { expect, test } from 'vitest'
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts'
import { type JumpCloud, startJumpCloud } from '../support/jumpcloud/start.ts'
import { type RunningAgent, startAgent } from '../support/running-agent.ts'
import { type FuzzingPlane, type Session, startFuzzingPlane } from './fuzzing-plane.ts'
import { keepIdentityInMemory } from './identity-in-memory.ts'
import { pass } from './line.ts'
import { type Draw, startDraw } from './mutate.ts'

/** One in five goes as it is, to get further in; ten thousand are spoilt. */
const messageCount = 12_500
const validEvery = 1000

const allow =
  'org.get, users.get, groups.list, groups.members.list, groups.members.add, groups.members.remove, events.pull'

type Ring = { readonly plane: FuzzingPlane; readonly agent: RunningAgent; readonly clock: FakeClock }

/** The agent, the plane that lies to it, and the JumpCloud that does as it is told. */
async function enterRing(stack: AsyncDisposableStack, jumpcloud: JumpCloud): Promise<Ring> {
  const clock = createFakeClock()
  const groupId = jumpcloud.tenant.groups.all[1]?.id ?? ''
  const plane = stack.use(await startFuzzingPlane(groupId, jumpcloud.tenant.users.all[0]?.id ?? ''))
  const agent = await startAgent({
    ...{ plane, clock, jumpcloudUrl: jumpcloud.url, key: jumpcloud.keys.administrator },
    policy: `version: 1\nconnections: { main: { allow: [${allow}], groups: { allow: [${groupId}] } } }\n`,
    identityFile: keepIdentityInMemory(),
  })
  return { plane, agent: stack.use(agent), clock }
}

/** One session after the other, each as long as the agent bears it. */
function createRound({ plane, agent, clock }: Ring) {
  const codes: Record<number, number> = {}
  let session: Session | undefined
  let since = 0

  /** The session is over: lets the time pass that the agent wants to wait. */
  const waitOut = async () => {
    session = undefined
    const { waitMs } = await pass(clock, agent.line('session.waiting', since))
    since = agent.lines.length
    await clock.advance(Number(waitMs))
  }
  const enter = (keep: () => boolean) => pass(clock, plane.open(keep))

  return {
    codes,
    lie: async (draw: Draw) => {
      if (session === undefined && draw.chance(0.2)) {
        await pass(clock, plane.greetBadly(draw))
        return await waitOut()
      }
      session ??= await enter(() => draw.chance(0.5))
      plane.say(draw, session)
      if (await session.line.settle()) return
      const { code } = await session.line.closed
      codes[code] = (codes[code] ?? 0) + 1
      await waitOut()
    },
    /** One honest run, in a session that gives up whatever the agent held. */
    work: async (id: string) => {
      if (session !== undefined) {
        session.line.cut()
        await waitOut()
      }
      session = await enter(() => false)
      plane.order(session, { id, job: 'groups.list', connection: 'main', params: {}, requester: 'somebody' })
      const answer = await pass(clock, session.line.next('done'))
      session.line.say({ type: 'ack', run: id, attempt: 1, seq: 'final' })
      return answer
    },
  }
}

test('an agent takes ten thousand spoilt messages, and works after every thousand', { timeout: 240_000 }, async () => {
  const draw = startDraw('toward the agent')
  await using jumpcloud = await startJumpCloud({ users: 4, groups: 3, events: 2, dynamicGroups: 0 })
  await using stack = new AsyncDisposableStack()
  const ring = await enterRing(stack, jumpcloud)
  const round = createRound(ring)

  for (let count = 1; count <= messageCount; count += 1) {
    await round.lie(draw)
    if (count % 10 === 0) await ring.clock.advance(100)
    if (count % validEvery > 0) continue
    const id = `valid-${count}`
    expect(await round.work(id), `after ${count} messages`).toMatchObject({ run: id, rowCount: 3 })
  }

  expect(ring.agent.lines.filter(({ event }) => /broken|not_kept/.test(String(event)))).toEqual([])
  expect(Object.keys(round.codes)).toEqual(expect.arrayContaining(['4400', '4401', '4402', '4412']))
  expect(round.codes).not.toHaveProperty('4500')
})
