import { jobs } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import {
  excessOf,
  isRefusedThroughout,
  jobsOfFamily,
  probeFamilies,
  whyOf,
} from '../../../agent/connections/probe-families.ts'
import { families } from '../../../agent/jumpcloud/families.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { type Keys, startJumpCloud } from '../../support/jumpcloud/start.ts'
import { everything } from './all-capabilities.ts'

type JumpCloud = Awaited<ReturnType<typeof startJumpCloud>>

const sizes = { users: 3, groups: 2, events: 0 }
const now = () => Date.parse('2026-03-04T05:06:07Z')

async function probeWith({ url, keys }: JumpCloud, key: keyof Keys | 'none') {
  await using client = connectJumpCloud({ url, key: key === 'none' ? 'jca_nobodysKey0123456789' : keys[key] })
  return await probeFamilies(families, client.lane('bulk'), now)
}

const seen = (found: Awaited<ReturnType<typeof probeWith>>) =>
  Object.fromEntries(found.map(({ family, state, code }) => [family, code === undefined ? state : `${state}: ${code}`]))

test('every call that a job makes belongs to one family', () => {
  const calls = new Set(Object.values(jobs).flatMap(({ calls }) => [...calls]))

  for (const call of calls) {
    const owners = families.filter((family) => family.calls.includes(call))
    expect([call, owners.length]).toEqual([call, 1])
  }
})

test.each(['administrator', 'readOnly'] as const)(
  'asks as %s by the smallest reads there are, and writes nothing',
  async (key) => {
    await using jumpcloud = await startJumpCloud(sizes)

    expect(seen(await probeWith(jumpcloud, key))).toEqual(everything)

    expect(jumpcloud.mutations).toEqual([])
    const isEvents = (path: string) => path === '/insights/directory/v1/events'
    for (const { method, path, query } of jumpcloud.requests) {
      expect(method).toBe(isEvents(path) ? 'POST' : 'GET')
      if (!isEvents(path)) expect(query).toMatchObject({ limit: '1' })
    }
  },
)

test('says what a role lacks, and does not guess about members where no group can be listed', async () => {
  await using jumpcloud = await startJumpCloud(sizes)

  const found = await probeWith(jumpcloud, 'commandRunner')

  expect(seen(found)).toEqual({
    organizations: 'yes',
    systemusers: 'yes',
    usergroups: 'no: jumpcloud_forbidden',
    'usergroups.members': 'unknown: not_found',
    'usergroups.members.change': 'unproven',
    insights: 'no: jumpcloud_forbidden',
  })
  const [insights] = found.filter(({ family }) => family === 'insights')
  expect(insights?.scope).toBe('directoryinsights.readonly')
  expect(insights && whyOf(insights)).toBe(
    '403: the role behind the credential lacks the scope directoryinsights.readonly',
  )
})

test('tells a plan that is missing from a role that is', async () => {
  await using jumpcloud = await startJumpCloud(sizes)
  jumpcloud.levers.planWithoutInsights({})

  expect(seen(await probeWith(jumpcloud, 'administrator'))).toEqual({ ...everything, insights: 'no: plan_missing' })
  expect(seen(await probeWith(jumpcloud, 'commandRunner')).insights).toBe('no: jumpcloud_forbidden')
})

test('says that it does not know where JumpCloud has no time, fails, or is away', async () => {
  await using jumpcloud = await startJumpCloud(sizes)
  jumpcloud.levers.tooManyRequests({ path: '/api/systemusers' })
  jumpcloud.levers.serverError({ path: '/insights/**' })
  jumpcloud.levers.resetBeforeAnswer({ path: '/api/v2/usergroups' })

  expect(seen(await probeWith(jumpcloud, 'administrator'))).toEqual({
    ...everything,
    systemusers: 'unknown: rate_limited',
    usergroups: 'unknown: jumpcloud_unreachable',
    'usergroups.members': 'unknown: jumpcloud_unreachable',
    insights: 'unknown: jumpcloud_unavailable',
  })
})

test('knows a credential that is refused throughout from one that is refused in one place', async () => {
  await using jumpcloud = await startJumpCloud(sizes)

  expect(isRefusedThroughout(await probeWith(jumpcloud, 'none'))).toBe(true)
  jumpcloud.levers.answerStatus({ status: 401, path: '/insights/**' })
  expect(isRefusedThroughout(await probeWith(jumpcloud, 'administrator'))).toBe(false)
})

test('calls out what no allowed job needs, and what a change needs by the policy is needed', () => {
  const capabilities = families.map(({ name, probe }) => ({
    family: name,
    state: probe === undefined ? ('unproven' as const) : ('yes' as const),
  }))
  const excess = (...allowed: readonly string[]) => excessOf(capabilities, families, allowed)

  // Who may list users may list members: no role has one without the other.
  expect(excess('users.list')).toEqual(['usergroups', 'insights'])
  expect(excess('groups.members.add')).toEqual(['insights'])
  expect(excess(...Object.keys(jobs))).toEqual([])
  expect(jobsOfFamily({ calls: ['GET /api/systemusers'] }, Object.keys(jobs))).toEqual(['users.list'])
})
