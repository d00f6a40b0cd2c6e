import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { families } from '../../../agent/jumpcloud/families.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { type OpenSessionOptions, openSession } from '../../support/open-session.ts'
import { until } from '../../support/until.ts'
import { everything } from './all-capabilities.ts'

const seconds = 1000

async function openProbing(options: OpenSessionOptions = {}) {
  const clock = createFakeClock()
  const open = await openSession({ clock, families, ...options })
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1 * seconds) await clock.advance(1 * seconds)
  }
  /** Lets what is read from files and sockets meanwhile catch up with the clock. */
  const passUntil = (is: () => boolean) =>
    until(async () => {
      if (!is()) await clock.advance(1 * seconds)
      return is()
    })
  const count = (event: string) => open.agent.lines.filter((line) => line.event === event).length
  const probed = async (times = 1) => {
    await until(() => count('capabilities.probed') >= times)
    return open.agent.lines.filter(({ event }) => event === 'capabilities.probed')[times - 1]?.families
  }
  return { ...open, clock, pass, passUntil, probed, count, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
}

test('asks nothing before a session is open and the connection was quiet, then once, and tells the control plane', async () => {
  await using open = await openProbing()
  const { session, jumpcloud, pass, probed } = open
  await pass(4 * seconds)
  session.run([{ id: 'run-first', job: 'org.get' }])
  await session.answer('run-first')
  await pass(9 * seconds)
  expect(jumpcloud.requests.map(({ path }) => path)).toEqual(['/api/organizations', '/api/organizations'])

  await pass(6 * seconds)
  expect(await probed()).toEqual(everything)
  await pass(3600 * seconds)

  expect(open.count('capabilities.probed')).toBe(1)
  await until(async () => JSON.stringify(await session.next('state')).includes('"capabilities":[{"family"'))
  const events = jumpcloud.requests.filter(({ path }) => path.startsWith('/insights/'))
  expect(events).toHaveLength(1)
})

test('asks a connection that is never quiet after a minute', async () => {
  await using open = await openProbing()
  const { session, pass, probed } = open
  for (let passed = 0; passed < 70; passed += 5) {
    session.run([{ id: `run-busy-${passed}`, job: 'org.get' }])
    await session.answer(`run-busy-${passed}`)
    await pass(5 * seconds)
  }

  expect(await probed()).toEqual(everything)
})

test('asks again ten minutes later what JumpCloud did not say, and the rest with it', async () => {
  await using open = await openProbing()
  const { jumpcloud, pass, probed } = open
  const fault = jumpcloud.levers.answerStatus({ status: 418, path: '/api/systemusers' })
  await pass(15 * seconds)
  expect(await probed()).toMatchObject({ systemusers: 'unknown: jumpcloud_refused', usergroups: 'yes' })

  fault.release()
  await pass(9 * 60 * seconds)
  expect(open.count('capabilities.probed')).toBe(1)
  await pass(70 * seconds)

  expect(await probed(2)).toEqual(everything)
})

test('asks anew after a day, because a role or a plan may have changed, and tells only what did', async () => {
  await using open = await openProbing()
  const { clock, jumpcloud, agent, pass, probed } = open
  await pass(15 * seconds)
  await probed()
  jumpcloud.levers.planWithoutInsights({})

  await clock.advance(24 * 3600 * seconds)
  await pass(5 * seconds)

  expect(await probed(2)).toEqual({ ...everything, insights: 'no: plan_missing' })
  expect(agent.lines.filter(({ event }) => event === 'capabilities.excess')).toHaveLength(1)
})

test('asks again with a new secret, and says nothing of it by what the old one could do', async () => {
  await using open = await openProbing()
  const { jumpcloud, agent, session, pass, probed } = open
  await pass(15 * seconds)
  await probed()

  await writeFile(agent.keyFile, jumpcloud.keys.commandRunner)
  await open.passUntil(() => open.count('credential.taken') === 1)
  await pass(15 * seconds)

  expect(await probed(2)).toMatchObject({
    organizations: 'yes',
    usergroups: 'no: jumpcloud_forbidden: groups.readonly',
  })
  await until(async () => JSON.stringify(await session.next('state')).includes('"code":"jumpcloud_forbidden"'))
})

test('notices a credential that is dead although no run needs it', async () => {
  await using open = await openProbing({ main: ({ keyFile }) => ({ credential: { file: keyFile } }) })
  const { jumpcloud, agent, session, pass } = open
  jumpcloud.levers.revokeKey({ key: jumpcloud.keys.administrator })

  await pass(15 * seconds)

  await agent.line('credential.rejected')
  await until(async () => JSON.stringify(await session.next('state')).includes('"credential_rejected"'))
})

test('calls out once what the credential can read and the policy needs for nothing, and again when the policy is narrower', async () => {
  const allow = (jobs: string) => `version: 1\nconnections: {main: {allow: [${jobs}]}}\n`
  await using open = await openProbing({
    policy: () => allow('users.list, groups.list, groups.members.list'),
    watchesPolicy: true,
  })
  const { agent, pass } = open
  await pass(15 * seconds)
  expect(await agent.line('capabilities.excess')).toMatchObject({ families: ['insights'], level: 'warn' })

  await writeFile(agent.policyFile, allow('users.list'))
  await open.passUntil(() => open.count('capabilities.excess') === 2)

  expect(agent.lines.filter(({ event }) => event === 'capabilities.excess').at(-1)).toMatchObject({
    families: ['usergroups', 'insights'],
  })
})
