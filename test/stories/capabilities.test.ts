// What a credential can do, found out by a running agent while it has nothing else to do, and told to whoever asks.

import { expect, test } from 'vitest'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 3, groups: 2, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
  policy: () => 'version: 1\nconnections: { main: { allow: [org.get, events.pull] } }\n',
})

test('is asked by a running agent once it is idle, never by writing, and the control plane shows it', async () => {
  const { simulator, agent, plane, run } = installation
  await simulator.pull('planWithoutInsights')
  expect(await run('org.get', {})).toMatchObject({ state: 'done' })
  const before = (await simulator.requests()).length

  await agent.program.line(({ event }) => event === 'capabilities.probed')

  const asked = (await simulator.requests()).slice(before).map(({ method, path }) => `${method} ${path}`)
  const { groups } = await simulator.state()
  expect(asked).toEqual([
    'GET /api/organizations',
    'GET /api/systemusers',
    'GET /api/v2/usergroups',
    'GET /api/v2/usergroups',
    `GET /api/v2/usergroups/${groups[0]?.id}/members`,
    'POST /insights/directory/v1/events',
  ])
  expect(await simulator.mutations()).toEqual([])
  const shown = async () => JSON.stringify((await plane.caller.ask('GET', '/v1/agents/acme')).body)
  await until(async () => (await shown()).includes('{"family":"insights","state":"no","code":"plan_missing"}'))
  expect(await agent.program.line(({ event }) => event === 'capabilities.excess')).toMatchObject({
    families: ['systemusers', 'usergroups', 'usergroups.members'],
  })
})

test('is shown by token test with what the policy needs of it', async () => {
  const { code, text } = await installation.agent.command('token', 'test', 'main')

  expect(code).toBe(0)
  expect(text).toMatch(/insights +no +events.pull +402/)
  expect(text).toContain('more than needed: systemusers, usergroups, usergroups.members')
})
