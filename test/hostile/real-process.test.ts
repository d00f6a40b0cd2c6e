// What would take a host's memory, against a real process that has little of it: it lives, stays small, and does its work.

import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setUpAgentHost } from '../support/agent-host.ts'
import { type JumpCloud, startJumpCloud } from '../support/jumpcloud/start.ts'
import { startPlanePeer } from '../support/plane-peer.ts'
import type { PlaneSession } from '../support/plane-peer-session.ts'
import { residentBytes } from '../support/resident-bytes.ts'
import { tidyMemory } from '../support/tidy-memory.ts'

const MiB = 1024 * 1024

async function openProcess(jumpcloud: JumpCloud) {
  await using stack = new AsyncDisposableStack()
  const { path: directory } = stack.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-hostile-')))
  const plane = stack.use(await startPlanePeer())
  const tokenFile = join(directory, 'jumpcloud.key')
  await writeFile(tokenFile, jumpcloud.keys.administrator, { mode: 0o600 })
  const agent = stack.use(
    await setUpAgentHost({
      ...{ directory, tokenFile, planeUrl: plane.url, logLevel: 'info' },
      where: `baseUrls: { console: ${jumpcloud.url}, api: ${jumpcloud.url} }`,
      policy: 'version: 1\nconnections: { main: { allow: [org.get, users.list] } }\n',
    }),
  )
  await agent.enrol(plane.makeCode().text)
  await agent.start('session.opened', { under: tidyMemory })
  const all = stack.move()
  return { plane, agent, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

const floods: readonly ((session: PlaneSession) => void)[] = [
  (session) => {
    const params = { where: Array.from({ length: 20_000 }, () => ({})) }
    for (let first = 0; first < 300; first += 10) {
      session.run(
        Array.from({ length: 10 }, (_, index) => ({ id: `run-bomb-${first + index}`, job: 'org.get', params })),
      )
    }
  },
  (session) => {
    for (let first = 0; first < 2000; first += 50) {
      session.run(Array.from({ length: 50 }, (_, index) => ({ id: `run-list-${first + index}`, job: 'users.list' })))
    }
  },
  (session) => {
    for (let count = 0; count < 20; count += 1)
      session.sendText(JSON.stringify({ type: 'x', y: 'z'.repeat(1.5 * MiB) }))
  },
]

test('a process with seventy megabytes of heap lives through floods and bombs', { timeout: 120_000 }, async () => {
  await using jumpcloud = await startJumpCloud({ users: 300, groups: 2, events: 0 })
  await using running = await openProcess(jumpcloud)
  const { plane, agent } = running
  const flooded = await plane.session()
  let most = 0

  for (const [index, flood] of floods.entries()) {
    flood(flooded)
    const id = `run-of-the-honest-${index}`
    flooded.run([{ id, job: 'no.such' }])
    await flooded.answer(id)
    most = Math.max(most, await residentBytes(agent.program.pid))
  }
  plane.levers.welcome = (honest) => ({ ...honest, held: [] })
  flooded.cut()

  const session = await plane.session()
  session.run([{ id: 'run-afterwards', job: 'org.get' }])
  expect(await session.answer('run-afterwards')).toMatchObject({ type: 'done', rowCount: 1 })
  expect(most).toBeLessThan(300 * MiB)
  expect(jumpcloud.mutations).toEqual([])
  expect(agent.lines().join('\n')).not.toContain(jumpcloud.keys.administrator)
})
