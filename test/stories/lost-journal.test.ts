// A journal that is damaged or gone when the agent starts: nobody guesses what it said. People are told, reads go on, and writes
// wait for somebody to have looked.

import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 20, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

const stateDirectory = () => join(installation.agent.directory, 'state')
const journal = () => join(stateDirectory(), 'journal.db')
const stateOf = async (id: string) => (await installation.plane.caller.ask('GET', `/v1/runs/${id}`)).body

async function setAside(): Promise<readonly string[]> {
  return (await readdir(stateDirectory())).filter((name) => /^journal\.corrupt-.*\.db$/.test(name))
}

async function journalOfReplica(): Promise<unknown> {
  const { body } = await installation.plane.caller.ask('GET', '/v1/agents/acme')
  return Object(body.replicas)[0]?.session?.journal
}

/** The params of an addition to a group of the user of this number. */
async function addition(number: number) {
  const { groups, users } = await installation.simulator.state()
  return { groupId: groups[1]?.id, userIds: [users[number]?.id] }
}

afterEach(async () => {
  const { agent } = installation
  await agent.command('resume')
  await until(async () => (await journalOfReplica()) === 'ok')
})

const damages = [
  {
    what: 'damaged',
    inflict: async () => {
      for (const suffix of ['-wal', '-shm']) await rm(`${journal()}${suffix}`, { force: true })
      await writeFile(journal(), 'no database at all, but longer than the header of one '.repeat(100))
    },
    keepsFile: true,
  },
  {
    what: 'gone',
    inflict: async () => {
      for (const suffix of ['', '-wal', '-shm']) await rm(`${journal()}${suffix}`, { force: true })
    },
    keepsFile: false,
  },
]

test.each(damages)(
  'a journal that is $what: the plane is told, what was unfinished is unknown, reads go on, and writes wait for a person',
  async ({ inflict, keepsFile }) => {
    const { agent, plane, simulator, run } = installation
    const number = keepsFile ? 0 : 2
    const setAsideBefore = await setAside()
    const held = await simulator.pull('holdAnswer', { method: 'POST' })
    const changed = (await simulator.mutations()).length
    const unfinished = await plane.caller.submit('groups.members.add', await addition(number))
    await until(async () => (await simulator.mutations()).length > changed)

    await agent.kill()
    await held.release()
    await inflict()
    await agent.start()

    const { state, outcome, error } = await plane.caller.follow(unfinished)
    expect({ state, outcome, error }).toMatchObject({
      state: 'failed',
      outcome: 'unknown',
      error: { code: 'journal_lost', message: expect.stringContaining('Read what the run should have changed') },
    })
    expect(await journalOfReplica()).toBe('lost')
    expect(await agent.program.line(({ event }) => event === 'journal.state')).toMatchObject({
      level: 'error',
      state: 'lost',
      message: expect.stringMatching(/journal\.db: .*run "sallyport resume"\. Reads go on\./),
    })
    expect(await setAside()).toHaveLength(setAsideBefore.length + (keepsFile ? 1 : 0))

    const waiting = await plane.caller.submit('groups.members.add', await addition(number + 1))
    expect(await run('groups.list', {})).toMatchObject({ state: 'done', rows: { length: 4 } })
    expect(await stateOf(waiting)).toMatchObject({ state: 'queued' })

    const resumed = await agent.command('resume')
    expect(resumed).toMatchObject({ code: 0, text: expect.stringMatching(/^writes go on\./) })
    expect(await plane.caller.follow(waiting)).toMatchObject({ state: 'done', outcome: 'applied' })
    expect(await journalOfReplica()).toBe('ok')
  },
)

test('stays lost over a restart, until a person says resume', async () => {
  const { agent, plane } = installation
  await agent.stop()
  await rm(journal())
  await agent.start()
  await agent.stop()

  await agent.start()

  expect(await journalOfReplica()).toBe('lost')
  const waiting = await plane.caller.submit('groups.members.add', await addition(5))
  expect(await stateOf(waiting)).toMatchObject({ state: 'queued' })
  await agent.command('resume')
  expect(await plane.caller.follow(waiting)).toMatchObject({ state: 'done', outcome: 'applied' })
})

test('a journal that goes while the agent runs is noticed with the next write, which is not done', async () => {
  const { agent, plane, simulator } = installation
  for (const suffix of ['', '-wal', '-shm']) await rm(`${journal()}${suffix}`, { force: true })
  const posts = (await simulator.requests()).filter(({ method }) => method === 'POST').length

  const waiting = await plane.caller.submit('groups.members.add', await addition(6))
  await until(async () => (await journalOfReplica()) === 'lost')

  expect(await stateOf(waiting)).toMatchObject({ state: 'queued' })
  expect((await simulator.requests()).filter(({ method }) => method === 'POST')).toHaveLength(posts)
  await agent.command('resume')
  expect(await plane.caller.follow(waiting)).toMatchObject({ state: 'done', outcome: 'applied' })
})
