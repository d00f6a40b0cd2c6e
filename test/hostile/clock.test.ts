// Who plays with time: says that old orders are new, that a run may live for ever, or that it is another year.

import { times } from '@sallyport/protocol'
import { expect } from 'vitest'
import { systemRandom } from '../../agent/ports/random.ts'
import { attack, attacks } from '../support/attack.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import type { Ground, GroundOptions } from '../support/hostile-ground.ts'

const timed = (): GroundOptions => ({ clock: createFakeClock() })
const forEver = Number.MAX_SAFE_INTEGER

const change = ({ cast }: Ground) => ({
  id: 'run-of-the-attack',
  job: 'groups.members.add',
  params: { groupId: cast.groupId, userIds: cast.outsiders.slice(0, 1) },
})

attack(
  'a change that was held back on the way until nobody wants it any more',
  async (ground) => {
    ground.mayAsk(/^GET \/api\/v2\//)
    await ground.clock?.advance(times.startWithinMs + 1)

    ground.session.run([change(ground)])

    expect(await ground.session.answer('run-of-the-attack')).toMatchObject({ rows: [{ reason: 'not_sent' }] })
  },
  timed,
)

attack(
  'a change in a session over which the clock of the host was set back',
  async (ground) => {
    ground.clock?.jump(-3_600_000)

    ground.session.run([change(ground)])

    expect(await ground.session.closed).toMatchObject({ code: 1000 })
  },
  timed,
)

attacks(
  'a batch that says it was signed %s',
  {
    'before the challenge': { sentAfterMs: -3_600_000 },
    'at no time': { sentAfterMs: null },
    'in a fraction of one': { sentAfterMs: 0.5 },
  },
  async ({ session }, payload) => {
    session.run([{ job: 'org.get' }], { payload })

    expect(await session.next('refused')).toMatchObject({ error: { code: 'batch_malformed' } })
  },
)

attack('a run that died before it was born', async ({ session }) => {
  session.run([{ job: 'org.get', ttlMs: -1 }])

  expect(await session.next('refused')).toMatchObject({ error: { code: 'batch_malformed' } })
})

attack('a run that waits for ever for a key that nobody will bring', async (ground) => {
  const { session, jumpcloud, plane, comeBack, agent, mayAsk } = ground
  mayAsk(/^GET \/api\/organizations$/)
  const lever = jumpcloud.levers.answerStatus({ path: '/api/**', status: 401, json: { message: 'Unauthorized' } })
  session.run([{ id: 'run-for-ever', job: 'org.get', ttlMs: forEver }])
  await agent.line('run.parked')

  session.send({ type: 'cancel', run: 'run-for-ever' })

  expect(await session.answer('run-for-ever')).toMatchObject({ type: 'failed', error: { code: 'cancelled' } })
  lever.release()
  plane.levers.welcome = (honest) => ({ ...honest, held: [] })
  session.cut()
  await comeBack()
})

attacks(
  'a challenge that says it is %s',
  { 'the year 275760': 8.64e15, 'before there was time': -8.64e15, 'no time at all': 0 },
  async ({ plane, session, comeBack }, time) => {
    plane.levers.challenge = (honest) => ({ ...honest, time })
    session.cut()

    await comeBack()
  },
)

attack(
  'a farewell until the end of time',
  async ({ session, agent, comeBack }) => {
    session.send({ type: 'leave', reason: 'drain', backMs: forEver })
    await comeBack()

    expect(await agent.line('session.waiting')).toMatchObject({ waitMs: times.fatalRetryMs })
  },
  timed,
)

attack(
  'a door that is shut again as soon as it is open, to have the agent knock without end',
  async ({ session, plane, agent, comeBack }) => {
    const knocks = 12
    plane.levers.welcome = (honest, { close }) => {
      close(1012)
      return honest
    }
    session.cut()
    for (let count = 0; count < knocks; count += 1) await comeBack()

    const waits = agent.lines.flatMap(({ event, waitMs }) => (event === 'session.waiting' ? [Number(waitMs)] : []))
    expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000))
  },
  () => ({ ...timed(), random: { ...systemRandom, fraction: () => 1 } }),
)

attack('a change whose numbers are as large as they may be', async (ground) => {
  ground.mayAsk(/^(GET|POST) \/api\/v2\//)
  ground.changes(1)
  const most = { attempt: forEver, ttlMs: forEver, doubtful: false }

  ground.session.run([{ ...change(ground), ...most }], { payload: {} })

  expect(await ground.session.answer('run-of-the-attack')).toMatchObject({ outcome: 'applied', attempt: forEver })
})
