// What somebody on the host of an agent can ask of it, with the real program: its state, its health, its runs, its metrics.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 3, groups: 2, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

const json = async (...args: readonly string[]) => {
  const { code, text } = await installation.agent.command(...args, '--json')
  const [line = ''] = text.split('\n')
  return { code, body: z.looseObject({}).parse(JSON.parse(line)) }
}

test('tells its state, as text and as JSON, and its counts go up', async () => {
  await installation.run('org.get', {})

  const { code, text } = await installation.agent.command('status')
  const { body } = await json('status')

  expect(code).toBe(0)
  expect(text).toMatch(/^agent acme, replica \S+, version \S+, since \d{4}-.*\nready\nsession open to http/)
  expect(text).toContain('connection main ready')
  expect(body).toMatchObject({
    live: true,
    ready: true,
    session: { state: 'open', id: expect.stringMatching(/^se_/), lead: true },
    runs: { done: 1, rows: 1 },
    calls: [{ connection: 'main', status: '200', count: expect.any(Number) }],
  })
})

test('the socket is for its own user alone', async () => {
  const { mode } = await stat(join(installation.agent.directory, 'state', 'sallyport.sock'))

  expect(mode & 0o777).toBe(0o600)
})

test('lists the runs that it holds, and shows of those that are over what the ledger says', async () => {
  const { simulator, plane, agent } = installation
  const held = await simulator.pull('hold', { path: '/api/v2/usergroups' })
  const run = await plane.caller.submit('groups.list', {})
  await until(async () => JSON.stringify((await json('runs', 'list')).body).includes(run))

  const listed = await agent.command('runs', 'list')
  const shown = await json('runs', 'show', run)
  await held.release()
  await plane.caller.follow(run)
  await until(async () => !JSON.stringify((await json('runs', 'list')).body).includes(run))
  const after = await agent.command('runs', 'show', run)

  expect(listed.text).toContain(`${run} attempt 1 running groups.list on main`)
  expect(shown.body).toMatchObject({ run, job: 'groups.list', state: 'running', effect: 'read' })
  expect(after.text).toContain('run.answered')
})

test('without a control plane it lives and is not ready, and says since when', async () => {
  const { plane, agent } = installation
  expect((await agent.command('health')).code).toBe(0)

  await plane.stop()
  await until(async () => (await agent.command('health')).code === 1)
  const health = await agent.command('health')
  const live = await agent.command('health', '--live')
  await plane.start()
  await until(async () => (await agent.command('health')).code === 0)

  expect(health.text).toMatch(/agent_not_ready: the agent takes no work: there is no session to \S+ since \d{4}-/)
  expect(live).toMatchObject({ code: 0, text: 'live' })
})

test('stops when asked to, however often, once what it works on is answered, and is not there for the next question', async () => {
  const { simulator, plane, agent } = installation
  const held = await simulator.pull('hold', { path: '/api/v2/usergroups' })
  const run = await plane.caller.submit('groups.list', {})
  await until(async () => JSON.stringify((await json('runs', 'list')).body).includes(run))

  const drains = [await agent.command('drain'), await agent.command('drain')]
  const draining = await agent.command('health')
  await held.release()
  const answer = await plane.caller.follow(run)
  const ended = await agent.program.ended
  const asked = await agent.command('status')
  const past = await agent.command('runs', 'show', run)

  expect(drains.map(({ code }) => code)).toEqual([0, 0])
  expect(draining.text).toContain('it is stopping, and takes nothing new')
  expect(answer.state).toBe('done')
  expect([ended, asked.code]).toEqual([0, 1])
  expect([past.code, past.text]).toEqual([0, expect.stringContaining('run.answered')])
  expect(asked.text).toContain('agent_unreachable: ask the agent at')
  expect(asked.text).toContain('no agent runs here with this state directory; start it')
})
