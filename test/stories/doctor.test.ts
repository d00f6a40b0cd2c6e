// Doctor on a host where the real agent runs: the whole path of both legs is proven, and the agent notices nothing of it.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { shareInstallation } from '../support/story.ts'

const installation = shareInstallation({
  sizes: { users: 3, groups: 2, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

const report = z.object({
  result: z.string(),
  failed: z.array(z.string()),
  checks: z.array(z.object({ name: z.string(), state: z.string(), says: z.string() })),
})

/** Its standard error stands among the lines. */
function jsonIn(text: string): unknown {
  return JSON.parse(text.split('\n').find((line) => line.startsWith('{')) ?? '')
}

async function doctor(...words: readonly string[]) {
  const { code, text } = await installation.agent.command('doctor', '--json', ...words)
  const { failed, checks } = report.parse(jsonIn(text))
  return { code, failed, says: Object.fromEntries(checks.map(({ name, says }) => [name, says])) }
}

const session = z.looseObject({ session: z.looseObject({ id: z.string() }) })

async function sessionId(): Promise<string> {
  const { text } = await installation.agent.command('status', '--json')
  return session.parse(jsonIn(text)).session.id
}

test('proves both ways beside the agent that runs, and leaves it its session', async () => {
  await installation.run('org.get', {})
  const before = await sessionId()
  const mutations = await installation.simulator.mutations()

  const { code, failed, says } = await doctor()

  expect(failed).toEqual([])
  expect(code).toBe(0)
  expect(says).toMatchObject({
    'plane.upgrade': expect.stringContaining('answers at'),
    'plane.enrolment': expect.stringContaining('the agent has its session since'),
    'plane.run': expect.stringMatching(/^the control plane sent run run_\S+ and has its answer; \d+ ms$/),
    'jumpcloud.credential:main': 'JumpCloud takes it',
    'agent.ready': 'it takes work',
    journal: 'the journal is written',
    ledger: expect.stringMatching(/^whole: \d+ lines/),
  })
  expect(await sessionId()).toBe(before)
  expect(await installation.simulator.mutations()).toEqual(mutations)
})

test('names the agent where it is stopped, and asks the control plane in its place', async () => {
  await installation.agent.stop()

  const { code, failed, says } = await doctor()
  await installation.agent.start('session.opened')

  expect(code).toBe(1)
  expect(failed).toEqual(['agent.running'])
  expect(says['plane.enrolment']).toMatch(/the control plane knows replica/)
})

test('a bundle of a running agent holds its state, and no key', async () => {
  const out = join(installation.directory, 'bundle.json')

  const { code, text } = await installation.agent.command('support-bundle', '--out', out)

  expect(code).toBe(0)
  expect(text).toContain('it was sent to nobody')
})
