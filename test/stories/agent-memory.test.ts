// Listings that nobody takes: what the agent may not send it leaves at JumpCloud, and does not gather in its memory.

import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setUpAgentHost } from '../support/agent-host.ts'
import { startPlanePeer } from '../support/plane-peer.ts'
import { residentBytes } from '../support/resident-bytes.ts'
import { startSimulatorProgram } from '../support/simulator-program.ts'
import { tidyMemory } from '../support/tidy-memory.ts'

const MiB = 1024 * 1024
/** Sixty pages for each listing. Gathered, the rows of all would be some hundred megabytes. */
const sizes = { users: 6000, groups: 2, dynamicGroups: 0, membersPerGroup: 0, events: 0 }
const listings = Array.from({ length: 20 }, (_, index) => ({ id: `run-listing-${index}`, job: 'users.list' }))

/** An agent as a process, between a simulated JumpCloud and a plane that gives this credit. */
async function openAgent(creditBytes: number) {
  await using stack = new AsyncDisposableStack()
  const { path: directory } = stack.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-memory-')))
  const simulator = stack.use(await startSimulatorProgram(sizes))
  const plane = stack.use(await startPlanePeer())
  const limits = { sessionCreditBytes: creditBytes, runCreditBytes: creditBytes }
  plane.levers.welcome = (honest) => ({ ...honest, limits })
  const tokenFile = join(directory, 'jumpcloud.key')
  await writeFile(tokenFile, simulator.key, { mode: 0o600 })
  const agent = stack.use(
    await setUpAgentHost({
      ...{ directory, tokenFile, planeUrl: plane.url },
      where: `baseUrls: { console: ${simulator.url}, api: ${simulator.url} }`,
      policy: 'version: 1\nconnections:\n  main:\n    allow: [org.get, users.list]\n',
    }),
  )
  await agent.enrol(plane.makeCode().text)
  await agent.start('session.opened', { under: tidyMemory })
  const session = await plane.session()
  const all = stack.move()
  const memory = () => residentBytes(agent.program.pid)
  return { simulator, session, memory, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** When so many looks in a row find no request more, the agent asks for nothing. */
const patienceLooks = 200

/** Resolves when the agent asks JumpCloud for nothing more; the most memory that it had until then. */
async function mostUntilStalled({ simulator, memory }: Awaited<ReturnType<typeof openAgent>>): Promise<number> {
  let [most, requestCount, looks] = [0, 0, 0]
  while (looks < patienceLooks) {
    const { length } = await simulator.requests()
    looks = length === requestCount && requestCount >= listings.length ? looks + 1 : 0
    requestCount = length
    most = Math.max(most, await memory())
  }
  return most
}

const planes = { 'gives no credit': 0, 'acknowledges nothing': 1024 * MiB }

test.for(Object.entries(planes))(
  'twenty long listings for a plane that %s take a bounded memory',
  async ([, credit]) => {
    await using open = await openAgent(credit)
    const { session, memory } = open
    const idle = await memory()

    session.run(listings)
    const most = await mostUntilStalled(open)

    expect((most - idle) / MiB).toBeLessThan(60)
    expect(session.unread('done')).toEqual([])
    expect(session.unread('page').length > 0).toBe(credit > 0)
  },
)
