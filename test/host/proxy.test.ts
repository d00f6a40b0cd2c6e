// Through the real squid, which asks for a user name and a password; behind it TLS with authorities that nobody else trusts.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AgentHost } from '../support/agent-host.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/fronted-world.ts'
import { type Squid, startSquid } from '../support/squid.ts'
import { until } from '../support/until.ts'

const user = { username: 'agent', password: 'open-sesame-0123456789' }

const stage: { world?: FrontedWorld; squid?: Squid; agent?: AgentHost } = {}
const there = <Part>(part: Part | undefined): Part => {
  if (part === undefined) throw new Error('it is there while tests run, not before')
  return part
}

/** Both legs by squid, each with its own authority. */
async function addHost(name: string, password: string): Promise<AgentHost> {
  const [world, squid] = [there(stage.world), there(stage.squid)]
  const file = join(world.directory, `${name}.password`)
  await writeFile(file, password, { mode: 0o600 })
  const proxy = `proxy: { url: "${squid.url}", username: ${user.username}, password: { file: ${file} } }`
  return await world.addHost(name, {
    plane: `ca: "${world.planeCa.file}", ${proxy}`,
    jumpcloud: `ca: "${world.jumpcloudCa.file}", ${proxy}`,
  })
}

beforeAll(async () => {
  stage.world = await startFrontedWorld()
  stage.squid = await startSquid(stage.world.directory, user)
  stage.agent = await addHost('proxied', user.password)
  await stage.agent.enrol(await stage.world.code())
  await stage.agent.start()
})

afterAll(async () => {
  await stage.world?.[Symbol.asyncDispose]()
  await stage.squid?.[Symbol.asyncDispose]()
})

test('enrols, keeps its session and reads JumpCloud through squid, and nothing goes past it', async () => {
  const [world, squid] = [there(stage.world), there(stage.squid)]

  const { state, rows } = await world.plane.caller.run('groups.list', {})

  expect({ state, count: rows.length }).toEqual({ state: 'done', count: 4 })
  await there(stage.agent).stop()
  const { planeFront, jumpcloudFront } = world
  // It writes a line when a connection has ended.
  const connectionCount = planeFront.connectionCount + jumpcloudFront.connectionCount
  await until(async () => (await squid.connects()).length >= connectionCount)
  const connects = await squid.connects()
  const to = (port: number) => connects.filter((line) => line === `200 localhost:${port} ${user.username}`).length
  // One for the enrolment, one for the session.
  expect(to(planeFront.port)).toBe(2)
  expect(to(planeFront.port)).toBe(planeFront.connectionCount)
  expect(to(jumpcloudFront.port)).toBeGreaterThan(0)
  expect(to(jumpcloudFront.port)).toBe(jumpcloudFront.connectionCount)
  await there(stage.agent).start()
})

test('says that the password is wrong, and shows neither the wrong one nor the right one', async () => {
  const world = there(stage.world)
  const wrong = 'open-barley-0123456789'
  const host = await addHost('refused', wrong)
  const before = world.planeFront.connectionCount

  await expect(host.enrol(await world.code())).rejects.toThrow(
    'does not accept the user name and the password that plane.proxy gives (407)',
  )

  expect(world.planeFront.connectionCount).toBe(before)
  expect([...host.lines(), ...there(stage.agent).lines()].join('\n')).not.toMatch(/open-(sesame|barley)/)
})

test('waits while squid is down, and goes on by itself when it is back', async () => {
  const [world, squid, agent] = [there(stage.world), there(stage.squid), there(stage.agent)]

  const seen = agent.program.lines.length
  await squid.stop()
  const closed = await agent.program.line(({ event }) => event === 'egress.closed', seen)
  await squid.start()
  await agent.program.line(({ event }) => event === 'session.opened', seen)

  expect(closed).toMatchObject({ leg: 'plane', error: { code: 'PROXY_FAILED' } })
  expect(JSON.stringify(closed)).toContain('no connection to the proxy 127.0.0.1:')
  expect(await world.plane.caller.run('org.get', {})).toMatchObject({ state: 'done' })
})

test('deregisters through squid too', async () => {
  const [world, agent] = [there(stage.world), there(stage.agent)]
  await agent.stop()
  const before = world.planeFront.connectionCount

  expect(await agent.command('deregister')).toMatchObject({ code: 0, text: expect.stringContaining('deregistered.') })

  expect(world.planeFront.connectionCount).toBe(before + 1)
})
