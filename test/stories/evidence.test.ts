// What an installation of real processes can prove, and what it keeps to itself: keys that change hands while runs go on, a
// ledger that fits what the control plane kept of it, and rows that lie in no file in clear text.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runProgram } from '../support/program.ts'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 20, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

const stateOfAgent = () => join(installation.agent.directory, 'state')

async function sallyport(...words: readonly string[]) {
  return await runProgram('agent/main.ts', { args: [...words, '--state', stateOfAgent()] })
}

test('the signing key is rotated while the agent is connected: it learns of it, and runs go on over the change and after it', async () => {
  const { plane, agent, run } = installation
  const before = await keysOf()

  const { kid, nextKid } = await plane.command('key', 'rotate', '--overlap', '4s')
  await agent.program.line(({ event, version }) => event === 'plane.keys_changed' && version === 2)
  expect(await run('org.get', {})).toMatchObject({ state: 'done' })
  await agent.program.line(({ event, version }) => event === 'plane.keys_changed' && version === 3)

  expect(before).toEqual([kid])
  await until(async () => (await keysOf()).join() === nextKid)
  expect(await run('org.get', {})).toMatchObject({ state: 'done' })
  await agent.stop()
  await agent.start('session.opened')
  expect(await run('org.get', {})).toMatchObject({ state: 'done' })
})

test('the ledger has each run, and is whole by the head that the control plane kept', async () => {
  const { plane, agent, run } = installation
  const { id } = await run('users.list', {})
  await agent.stop()
  await agent.start('session.opened')

  const { replicas } = await plane.command('replica', 'list', 'acme')
  const head = String(Object(replicas)[0].ledger)
  const [verified, shown] = [await sallyport('ledger', 'verify', '--head', head), await sallyport('ledger', 'show', id)]

  expect(verified).toMatchObject({ code: 0, text: expect.stringContaining('1 heads from elsewhere fit') })
  expect(shown.text).toMatch(
    /run\.accepted .*requester=vendor.*jumpcloud\.called .*path=\/api\/.*run\.answered .*rows=20/s,
  )
  const other = `${head.split(':')[0]}:${'0'.repeat(64)}`
  expect(await sallyport('ledger', 'verify', '--head', other)).toMatchObject({ code: 1 })
})

test('no row lies in a file of the control plane in clear text, nor in the ledger', async () => {
  const { plane, simulator, run } = installation
  const { rows } = await run('groups.list', {})
  const names = (await simulator.state()).groups.map(({ name }) => String(name)).filter((name) => name.length > 8)
  expect(JSON.stringify(rows)).toContain(names[0])

  const texts = [await textsIn(plane.state), await textsIn(join(stateOfAgent(), 'ledger'))].flat()

  expect(names.length).toBeGreaterThan(0)
  for (const text of texts) for (const name of names) expect(text).not.toContain(name)
})

async function keysOf(): Promise<readonly string[]> {
  const identity = JSON.parse(await readFile(join(stateOfAgent(), 'identity.json'), 'utf8'))
  return Object(identity).plane.keys.keys.map(({ kid }: { kid: string }) => kid)
}

async function textsIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory)
  return await Promise.all(names.map((name) => readFile(join(directory, name), 'latin1')))
}
