// Lets both bundles live through one session with two runs, so that their code caches hold what a running agent and control
// plane use, and not only what stands at the top of their modules. JumpCloud is a stub that knows one group and one user.

import { once } from 'node:events'
import { mkdir, mkdtempDisposable } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '../../control-plane/client.ts'
import { setUpAgentHost } from './agent-host.ts'
import { setUpPlaneHost } from './plane-host.ts'
import { runProgram } from './run-program.ts'

const id = '5f0000000000000000000001'
const ttlMs = 30_000

const stub: Readonly<Record<string, unknown>> = {
  '/api/organizations': { totalCount: 1, results: [{ _id: id }] },
  '/api/systemusers': { totalCount: 1, results: [{ _id: id, username: 'ada', email: 'ada@example.com' }] },
  [`/api/v2/usergroups/${id}`]: { id, name: 'Engineering' },
}

export type Programs = { readonly agent: string; readonly plane: string }

/** Throws where one of the two does not run: a build that warms is a build that works. */
export async function warm(programs: Programs): Promise<void> {
  await using parts = new AsyncDisposableStack()
  const { path: folder } = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-build-')))
  const jumpcloudUrl = await startStub(parts)
  const directories = { agent: join(folder, 'agent'), plane: join(folder, 'plane') }
  await mkdir(directories.agent)

  const host = await setUpPlaneHost(programs.plane, directories.plane)
  const plane = parts.use(await runProgram(programs.plane, { args: host.args, logFile: join(folder, 'plane.log') }))
  const planeUrl = await plane.logged(/"plane\.listening".*?"url":"([^"]+)"/)
  const args = await setUpAgentHost({
    program: programs.agent,
    directory: directories.agent,
    planeUrl,
    jumpcloudUrl,
    key: 'a-key-that-opens-nothing-but-the-stub',
    code: await host.createCode('warm'),
  })
  const agent = parts.use(await runProgram(programs.agent, { args, logFile: join(folder, 'agent.log') }))

  const caller = createClient({ url: planeUrl, token: await host.createToken() }).agent('warm')
  // An agent that ended at once takes none: the build shall not wait for it.
  await caller.run('groups.get', { groupId: id }, { ttlMs }).done
  await caller.run('users.list', {}, { ttlMs }).done
  for (const program of [agent, plane]) {
    const code = await program.stop()
    if (code !== 0) throw new Error(`warm up: a bundle ended with ${code}`)
  }
}

async function startStub(parts: AsyncDisposableStack): Promise<string> {
  const server = createServer((request, response) => {
    const answer = stub[new URL(request.url ?? '/', 'http://stub').pathname]
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  parts.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}
