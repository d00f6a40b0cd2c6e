// Who wants more changed in an hour than the customer lets be changed: by making the agent forget what it has done.

import { expect } from 'vitest'
import { attack, attacks } from '../support/attack.ts'
import type { Ground, GroundOptions } from '../support/hostile-ground.ts'
import { castOf } from '../support/open-session.ts'
import { until } from '../support/until.ts'

const job = 'groups.members.add'
const capped = (): GroundOptions => ({
  policy: (jumpcloud) =>
    `version: 1\nconnections: { main: { allow: [org.get, ${job}], groups: { allow: [${castOf(jumpcloud).groupId}] }, caps: { addsPerHour: 1 } } }\n`,
})

const nth = ({ cast }: Ground, index: number) => ({
  groupId: cast.groupId,
  userIds: cast.outsiders.slice(index, index + 1),
})
const overTheCap = { type: 'refused', error: { rule: expect.stringContaining('caps.addsPerHour') } }

/** The one change that is allowed, on its way, and its answer held back. */
async function send(ground: Ground) {
  const { session, jumpcloud, mayAsk, changes } = ground
  mayAsk(/^GET \/api\/v2\//)
  mayAsk(/^POST \/api\/v2\/usergroups\/[0-9a-f]{24}\/members$/)
  changes(1)
  const hold = jumpcloud.levers.holdAnswer({ method: 'POST' })
  const sent = jumpcloud.nextRequest(({ method }) => method === 'POST')
  session.run([{ id: 'run-of-the-first', job, params: nth(ground, 0) }])
  await sent
  return hold
}

type Trick = (ground: Ground) => Promise<unknown>

const tricks: Readonly<Record<string, Trick>> = {
  'is under way': async () => {},
  'was cancelled': async ({ session }) => {
    session.send({ type: 'cancel', run: 'run-of-the-first' })
    await session.next('too_late')
  },
  'was given to another replica': async ({ session, plane, comeBack }) => {
    plane.levers.welcome = (honest) => ({ ...honest, held: [] })
    session.cut()
    await comeBack()
  },
  'came again as another attempt': async (ground) => {
    ground.session.run([{ id: 'run-of-the-first', job, params: nth(ground, 0), attempt: 9, doubtful: true }])
  },
}

attacks(
  'a second change beside one that %s',
  tricks,
  async (ground, trick) => {
    const hold = await send(ground)
    await trick(ground)

    expect(await ground.ask(job, nth(ground, 1), { id: 'run-of-the-second' })).toMatchObject(overTheCap)
    hold.release()
    expect(await ground.ask(job, nth(ground, 1), { id: 'run-of-the-third' })).toMatchObject(overTheCap)
  },
  capped,
)

attack(
  'a second change after one whose answer was lost',
  async (ground) => {
    const { ask, jumpcloud, mayAsk, changes } = ground
    mayAsk(/^(GET|POST) \/api\/v2\//)
    changes(1)
    const late = jumpcloud.levers.lateWrite({ method: 'POST', count: 1 })
    const first = ask(job, nth(ground, 0), { id: 'run-of-the-first' })
    await until(() => late.pendingCount() > 0)
    await late.apply()

    expect(await first).toMatchObject({ rows: [{ reason: 'unanswered' }] })
    expect(await ask(job, nth(ground, 1), { id: 'run-of-the-second' })).toMatchObject(overTheCap)
  },
  capped,
)

attack(
  'a second change after many that change nothing, each of which gives back what was counted for it',
  async (ground) => {
    const { ask, mayAsk, changes } = ground
    mayAsk(/^(GET|POST) \/api\/v2\//)
    changes(1)
    for (let count = 0; count < 10; count += 1) {
      await ask(job, nth(ground, 0), { id: `run-of-the-same-${count}` })
    }

    expect(await ask(job, nth(ground, 1), { id: 'run-of-the-second' })).toMatchObject(overTheCap)
  },
  capped,
)

const remove = 'groups.members.remove'

attack(
  'removals side by side, each judged by a group from which nobody is gone yet',
  async ({ session, jumpcloud, mayAsk, changes, cast: { groupId, outsiders } }) => {
    const { members } = jumpcloud.tenant
    for (const id of [...members.targets(groupId)]) members.remove(groupId, id)
    const userIds = outsiders.slice(0, 6)
    for (const id of userIds) members.add(groupId, id)
    mayAsk(/^(GET|POST) \/api\/v2\//)
    changes(3)
    const runs = [userIds.slice(0, 3), userIds.slice(3, 4), userIds.slice(4, 5), userIds.slice(5)].map(
      (some, index) => ({ id: `run-of-removal-${index}`, job: remove, params: { groupId, userIds: some } }),
    )

    const hold = jumpcloud.levers.hold({ method: 'POST' })
    session.run(runs.slice(0, 1))
    await jumpcloud.nextRequest(({ method }) => method === 'POST')
    session.run(runs.slice(1))
    const refused = await Promise.all(runs.slice(1).map(({ id }) => session.answer(id)))
    hold.release()

    const rule = expect.stringContaining('caps.removeShare')
    expect(refused).toMatchObject(refused.map(() => ({ type: 'failed', error: { code: 'policy_denied', rule } })))
    expect(await session.answer('run-of-removal-0')).toMatchObject({ type: 'done', outcome: 'applied' })
  },
  () => ({
    policy: (jumpcloud) =>
      `version: 1\nconnections: { main: { allow: [org.get, ${remove}], groups: { allow: [${castOf(jumpcloud).groupId}] }, caps: { removeShare: 0.5 } } }\n`,
  }),
)
