// Who may be an agent: second replicas, cloned hosts, and ends that an administrator or the host makes.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AgentHost } from '../support/agent-host.ts'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({ sizes: { users: 5, groups: 4, events: 0 } })

const ask = (method: string, path: string, body?: object) => installation.plane.caller.ask(method, path, body)

async function replicas(): Promise<readonly { id: string; session: unknown; revokedAt: string | null }[]> {
  return Object((await ask('GET', '/v1/agents/acme')).body).replicas
}

async function enrolled(name: string): Promise<AgentHost> {
  const host = await installation.addHost(name)
  await host.enrol(String((await ask('POST', '/v1/agents/acme/codes', {})).body.code))
  return host
}

/** What the agent says when its session is over. */
const lastWord = ({ program }: AgentHost) => program.line(({ event }) => event === 'session.closed')

test('a second replica enrols with a code of its own and takes over when the first one stops', async () => {
  const { agent, run } = installation
  const second = await enrolled('second')
  await second.start()
  const both = await ask('GET', '/v1/agents/acme')

  await agent.stop()
  const alone = await run('groups.list', {})
  await agent.start()
  await second.stop()

  expect(both.body).toMatchObject({ connectedCount: 2, replicas: { length: 2 } })
  expect(alone).toMatchObject({ state: 'done', rows: { length: 4 } })
})

test('a code works once, and a host that comes second is told to ask for another', async () => {
  const { code } = (await ask('POST', '/v1/agents/acme/codes', {})).body
  const [first, late] = [await installation.addHost('first'), await installation.addHost('late')]

  await first.enrol(String(code))

  await expect(late.enrol(String(code))).rejects.toThrow(/ended with 1:.*code_used: enrol at .*used/s)
  expect(existsSync(join(late.directory, 'state', 'identity.json'))).toBe(false)
})

test('the newcomer of a cloned host is told of the conflict, and the first keeps working', async () => {
  const { agent, run, addHost } = installation
  const before = agent.lines().length
  const clone = await addHost('clone', { cloneOf: agent })

  await clone.start('session.closed')

  expect(await lastWord(clone)).toMatchObject({
    level: 'warn',
    reason: 'replica_conflict',
    meaning: expect.stringContaining('cloned host'),
    why: expect.stringContaining('enrol each host by itself'),
  })
  expect(await run('groups.list', {})).toMatchObject({ state: 'done' })
  expect(agent.lines().slice(before).join('\n')).not.toContain('session.closed')
  expect(await clone.stop()).toBe(0)
})

test('a clone that starts while the first is away is found out by its counter when that one comes back', async () => {
  const { agent } = installation
  const { addHost } = installation
  const clone = await addHost('clone-of-the-absent', { cloneOf: agent })
  await agent.stop()
  await clone.start()
  await clone.stop()

  await agent.start('session.closed')

  expect(await lastWord(agent)).toMatchObject({
    reason: 'counter_behind',
    meaning: expect.stringContaining('restored'),
  })
})

test('a revoked replica loses its session at once, and its log says what to do', async () => {
  const host = await enrolled('revoked')
  await host.start()
  const mine = (await replicas()).find(({ session }) => session !== null)

  const answer = await ask('DELETE', `/v1/agents/acme/replicas/${mine?.id}`)

  expect(answer.status).toBe(204)
  expect(await lastWord(host)).toMatchObject({
    code: 4405,
    reason: 'replica_revoked',
    why: expect.stringContaining('was revoked; enrol again'),
  })
  expect(await host.program.line(({ event }) => event === 'session.waiting')).toMatchObject({ waitMs: 15 * 60 * 1000 })
  expect(await host.stop()).toBe(0)
})

test('a host that deregisters is revoked, has no identity any more, and cannot start', async () => {
  const host = await enrolled('leaving')
  const known = await replicas()

  const { code, text } = await host.command('deregister')

  expect([code, text]).toEqual([0, expect.stringContaining('deregistered')])
  expect((await replicas()).filter(({ revokedAt }) => revokedAt !== null)).toHaveLength(
    known.filter(({ revokedAt }) => revokedAt !== null).length + 1,
  )
  const start = await host.command('start')
  expect([start.code, start.text]).toEqual([2, expect.stringContaining('not enrolled')])
})

test('an agent that is disabled loses its sessions, and nothing can be submitted to it', async () => {
  const host = await enrolled('disabled')
  await host.start()

  await installation.plane.command('agent', 'disable', 'acme')

  expect(await lastWord(host)).toMatchObject({ code: 4407, reason: 'agent_disabled' })
  await until(async () => (await ask('GET', '/v1/agents/acme')).body.connectedCount === 0)
  expect(await ask('POST', '/v1/agents/acme/runs', { job: 'org.get' })).toMatchObject({
    status: 403,
    body: { error: { code: 'agent_disabled', fault: 'customer' } },
  })
})
