// Two replicas of one agent, at work together: who does what, who takes over from whom, and who has the lead.

import { beforeAll, expect, test } from 'vitest'
import type { AgentHost } from '../support/agent-host.ts'
import { linesOf } from '../support/plane-caller.ts'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 1000, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

const stage: { other?: AgentHost } = {}

beforeAll(async () => {
  const host = await installation.addHost('other')
  await host.enrol(String((await ask('POST', '/v1/agents/acme/codes', {})).body.code))
  await host.start()
  stage.other = host
})

const ask = (method: string, path: string, body?: object) => installation.plane.caller.ask(method, path, body)

function otherHost(): AgentHost {
  if (stage.other === undefined) throw new Error('the other host is there while tests run, not before')
  return stage.other
}

type Replica = { readonly id: string; readonly session: { readonly lead: boolean } | null }

async function replicas(): Promise<readonly Replica[]> {
  return Object((await ask('GET', '/v1/agents/acme')).body).replicas
}

/** The runs that the host took, each as often as it did. */
function takenBy(host: AgentHost): readonly string[] {
  const lines = host.lines().filter((line) => line.includes('"run.accepted"'))
  return lines.map((line) => JSON.parse(line).run)
}

/** What the host was told of the lead last; its epoch where it has it. */
function leadOf(host: AgentHost): { readonly lead?: boolean; readonly epoch?: number } {
  return JSON.parse(host.lines().findLast((line) => /"session\.(opened|lead)"/.test(line)) ?? '{}')
}

test('every run is done by one replica, and reads spread over both', async () => {
  const { agent, plane, simulator } = installation
  const other = otherHost()
  const before = { agent: takenBy(agent).length, other: takenBy(other).length }
  const path = '/api/v2/usergroups'
  const held = await simulator.pull('hold', { path })

  const runs = await Promise.all(Array.from({ length: 20 }, () => plane.caller.submit('groups.list', {})))
  await until(() => takenBy(agent).length + takenBy(other).length >= before.agent + before.other + runs.length)
  await held.release()
  const finished = await Promise.all(runs.map((id) => plane.caller.follow(id)))

  const mine = takenBy(agent).slice(before.agent)
  const theirs = takenBy(other).slice(before.other)
  expect(finished.map(({ state, rows }) => [state, rows.length])).toEqual(runs.map(() => ['done', 4]))
  expect([...mine, ...theirs].sort()).toEqual([...runs].sort())
  expect([mine.length, theirs.length]).toEqual([10, 10])
  expect((await simulator.requests()).filter((request) => request.path === path)).toHaveLength(20)
})

test('a write that both could do is done by one of them', async () => {
  const { plane, simulator } = installation
  const { groups, users } = await simulator.state()
  const before = (await simulator.mutations()).length

  const runs = await Promise.all(
    users.slice(0, 10).map(({ id }) => {
      return plane.caller.submit('groups.members.add', { groupId: groups[1]?.id, userIds: [id] })
    }),
  )
  const finished = await Promise.all(runs.map((id) => plane.caller.follow(id)))

  expect(finished.map(({ outcome }) => outcome)).toEqual(runs.map(() => 'applied'))
  const changed = (await simulator.mutations()).slice(before).map(({ userId }) => userId)
  expect(changed.sort()).toEqual(
    users
      .slice(0, 10)
      .map(({ id }) => id)
      .sort(),
  )
})

test('the lead goes to another replica when the one that has it stops, with a higher epoch, and stays there', async () => {
  const { agent } = installation
  const other = otherHost()
  const first = leadOf(agent)

  await agent.stop()
  await until(() => leadOf(other).lead === true)
  await agent.start()

  expect(first).toMatchObject({ lead: true, epoch: 1 })
  expect(leadOf(other)).toMatchObject({ lead: true, epoch: 2 })
  expect(leadOf(agent)).toMatchObject({ lead: false })
  expect((await replicas()).filter(({ session }) => session?.lead)).toHaveLength(1)
})

test('the lead of a replica that is killed changes hands too', async () => {
  const { agent } = installation
  const other = otherHost()

  await other.kill()
  await until(() => leadOf(agent).lead === true)
  await other.start()

  expect(leadOf(agent)).toMatchObject({ lead: true, epoch: 3 })
  expect(leadOf(other)).toMatchObject({ lead: false })
})

test('what a replica was reading that is revoked is taken over at once, as a new attempt that the stream announces', async () => {
  const { plane, simulator } = installation
  const other = otherHost()
  await other.stop()
  const asked = async () => (await simulator.requests()).filter(({ path }) => path === '/api/systemusers').length
  const before = await asked()
  const held = await simulator.pull('hold', { path: '/api/systemusers', after: 5 })
  const run = await plane.caller.submit('users.list', {})
  const stream = plane.caller.open(`/v1/runs/${run}/pages`)
  const stateOf = async () => (await ask('GET', `/v1/runs/${run}`)).body.state
  await until(async () => (await asked()) > before + 5 && (await stateOf()) === 'accepted')
  const mine = (await replicas()).find(({ session }) => session !== null)
  await other.start()

  const revoked = await ask('DELETE', `/v1/agents/acme/replicas/${mine?.id}`)
  await held.release()

  const lines = linesOf(await (await stream).text())
  expect(revoked.status).toBe(204)
  expect(lines.filter(({ type }) => type === 'attempt').map(({ attempt }) => attempt)).toEqual([1, 2])
  const second = lines.slice(lines.findIndex(({ attempt }) => attempt === 2))
  const { users } = await simulator.state()
  const rows = second.flatMap(({ type, row }) => (type === 'row' ? [Object(row).id] : []))
  expect(rows.sort()).toEqual(users.map(({ id }) => id).sort())
  expect(lines.at(-1)).toMatchObject({ type: 'done', rows: 1000 })
})
