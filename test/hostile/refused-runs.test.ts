// What the model of the policy refuses, the real agent refuses as well, and JumpCloud hears nothing of it: thousands of runs
// that are drawn, by policies that are drawn.

import { expect, test } from 'vitest'
import { isAllowed, type ModelRules } from '../agent/policy/model.ts'
import { type Draw, startDraw } from '../fuzz/mutate.ts'
import type { JumpCloud } from '../support/jumpcloud/start.ts'
import { openSession } from '../support/open-session.ts'
import type { PlaneSession, RunRequest } from '../support/plane-peer-session.ts'

const policyCount = 40
const runsEach = 100

const jobs = [
  'org.get',
  'users.list',
  'groups.list',
  'groups.get',
  'groups.members.add',
  'groups.members.remove',
] as const
const fields = ['email', 'department', 'username', 'state'] as const
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** Of a list, each member by the toss of a coin. */
const some = <Item>(draw: Draw, list: readonly Item[], share = 0.5) => list.filter(() => draw.chance(share))

/** Lasts for a day, from a minute that is past; or is over for the next three. */
const windowAt = (now: Date, isOpen: boolean) => ({
  days: isOpen ? days : [days[(now.getUTCDay() + 4) % 7] ?? 'sun'],
  ...{ from: '00:00', to: '24:00', timeZone: 'UTC' as const },
})

function drawRules(draw: Draw, { tenant }: JumpCloud, now: Date): ModelRules {
  const groups = tenant.groups.all.map(({ id }) => id)
  const users = tenant.users.all.map(({ id }) => id)
  const allow = some(draw, jobs, 0.7)
  return {
    allow,
    groups: { allow: [groups[0] ?? '', ...some(draw, groups)], protect: some(draw, groups, 0.3) },
    users: { protect: some(draw, users, 0.2) },
    caps: {
      ...{ addsPerRun: draw.integer(5), removesPerRun: draw.integer(5), removeShare: 1 },
      ...{ addsPerHour: 1000, removesPerHour: 1000 },
    },
    windows: [windowAt(now, draw.chance(0.8))],
    fields: { drop: allow.includes('users.list') ? some(draw, fields, 0.4) : [], hash: [] },
  }
}

/** What only the hours before would decide is left out: nothing was done in them. */
function policyText({ caps: { addsPerRun, removesPerRun }, ...rules }: ModelRules): string {
  const groups = { ...rules.groups, allow: [...new Set(rules.groups.allow)] }
  const main = { ...rules, groups, caps: { addsPerRun, removesPerRun } }
  return JSON.stringify({ version: 1, connections: { main } })
}

type Drawn = { readonly request: RunRequest; readonly isAllowed: boolean }

function drawRun(
  draw: Draw,
  id: string,
  { rules, jumpcloud: { tenant } }: { rules: ModelRules; jumpcloud: JumpCloud },
): Drawn {
  const job = draw.pick(jobs)
  const members = job === 'groups.members.remove' ? 'remove' : 'add'
  const [user = '', ...others] = tenant.users.all.map((one) => one.id)
  const groupId = draw.pick(tenant.groups.all.map((one) => one.id) as [string, ...string[]]) // the tenant has some
  const userIds = [user, ...some(draw, others, 0.2)]
  const filters = job === 'users.list' ? some(draw, fields, 0.3) : []
  const params = {
    ...{ 'org.get': {}, 'groups.list': {}, 'groups.get': { groupId } },
    'users.list': { where: Object.fromEntries(filters.map((name) => [name, 'x'])) },
    ...{ 'groups.members.add': { groupId, userIds, dryRun: true } },
    ...{ 'groups.members.remove': { groupId, userIds, dryRun: true } },
  }[job]
  const effect = job.startsWith('groups.members.') ? 'write' : 'read'
  const world = {
    ...{ isPanic: false, now: Date.now(), pinned: {}, groupNames: {}, userNames: {}, counted: [] },
    groupSizes: { [groupId]: 1000 },
  }
  return {
    request: { id, job, params },
    isAllowed: isAllowed(rules, 1, { job, effect, members, groupId, userIds, filters }, world),
  }
}

async function answers(session: PlaneSession, drawn: readonly Drawn[]) {
  for (let first = 0; first < drawn.length; first += 64) {
    session.run(drawn.slice(first, first + 64).map(({ request }) => request))
  }
  return await Promise.all(drawn.map(({ request: { id = '' } }) => session.answer(id)))
}

test(`${policyCount * runsEach} drawn runs: what the policy refuses is not asked of JumpCloud`, {
  timeout: 120_000,
}, async () => {
  const draw = startDraw('refused runs')
  let refusedCount = 0

  for (let count = 0; count < policyCount; count += 1) {
    const drawnRules: ModelRules[] = []
    const policy = (jumpcloud: JumpCloud) => {
      const rules = drawRules(draw, jumpcloud, new Date())
      drawnRules.push(rules)
      return policyText(rules)
    }
    await using open = await openSession({ sizes: { users: 6, groups: 4 }, policy })
    const { session, jumpcloud } = open
    const [rules] = drawnRules
    if (rules === undefined) throw new Error('no policy was drawn')
    const drawn = Array.from({ length: runsEach }, (_, index) =>
      drawRun(draw, `run-drawn-${index}`, { rules, jumpcloud }),
    )
    const before = jumpcloud.requests.length

    const refused = await answers(
      session,
      drawn.filter((one) => !one.isAllowed),
    )
    expect(jumpcloud.requests.slice(before), policyText(rules)).toEqual([])
    for (const answer of refused) expect(answer).toMatchObject({ type: 'refused', error: { code: 'policy_denied' } })
    const allowed = await answers(
      session,
      drawn.filter((one) => one.isAllowed),
    )
    for (const answer of allowed) expect(answer, policyText(rules)).toMatchObject({ type: 'done' })

    expect(jumpcloud.mutations).toEqual([])
    refusedCount += refused.length
  }

  // Neither a policy that refuses all nor one that refuses nothing would prove much.
  expect(refusedCount).toBeGreaterThan((policyCount * runsEach) / 4)
  expect(refusedCount).toBeLessThan((policyCount * runsEach * 9) / 10)
})
