// A control plane in the process of who calls it, as the engineers of a vendor embed it: on a server, a store on disk, and a
// signing key of its own.
//   node library.cjs STATE DIRECTORY

import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createControlPlane, createFileSigner, openSqliteStore } from '../../../control-plane/control-plane.ts'
import { systemRandom } from '../../../control-plane/ports/random.ts'
import { expectCount, serveCaller } from '../serve-caller.ts'
import { directory } from '../work.ts'

const [state = '', known = ''] = process.argv.slice(2)
const wanted = directory.parse(JSON.parse(known))
async function start(): Promise<void> {
  await mkdir(state, { recursive: true })
  const store = await openSqliteStore({ path: join(state, 'store.db') })
  const signer = await createFileSigner({ path: join(state, 'signing.key'), random: systemRandom })
  const plane = createControlPlane({ store, signer })
  const server = createServer((req, res) => plane.handle(req, res) || res.writeHead(404).end())
  server.on('upgrade', (req, socket, head) => plane.upgrade(req, socket, head) || socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = Object(server.address())
  const { text: code } = await plane.administration.createCode('bench', 'acme')
  const agent = plane.agent('acme')

  await serveCaller(
    { url: `http://127.0.0.1:${port}`, code },
    {
      group: async () => {
        const [group] = await agent.run('groups.get', { groupId: wanted.groupId }).rows()
        expectCount(Number(group?.id === wanted.groupId), 1)
      },
      users: async () => {
        let rowCount = 0
        for await (const _ of agent.run('users.list', {})) rowCount += 1
        expectCount(rowCount, wanted.userCount)
      },
    },
  )
}

start().then(() => process.exit())
