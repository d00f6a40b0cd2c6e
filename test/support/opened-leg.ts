// The agent's own connector of the plane's leg, as a configuration and an environment make it, and what its log says.

import type { Socket } from 'node:net'
import { configurationSchema } from '../../agent/configuration/configuration.ts'
import { openEgress } from '../../agent/egress/open-egress.ts'
import { createLog } from '../../agent/log.ts'
import { systemFiles } from '../../agent/ports/files.ts'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'
import { createFakeClock } from './fake-clock.ts'

type Opening = { readonly plane: object; readonly environment?: Readonly<Record<string, string>> }

export async function openPlaneLeg({ plane, environment = {} }: Opening) {
  const [clock, guard] = [createFakeClock(), createLeakGuard()]
  const lines: string[] = []
  const log = createLog({ level: 'info', write: (line) => void lines.push(line), guard, clock })
  const configuration = configurationSchema.parse({ plane, connections: { main: { region: 'us' } } })
  const connectorOf = await openEgress({ configuration, environment, files: systemFiles, guard, clock, log })
  const connector = connectorOf('plane')
  const open = (text: string): Promise<Socket> => {
    const { protocol, hostname, port } = new URL(text)
    return new Promise((resolve, reject) => {
      connector({ protocol, hostname, port }, (...[error, socket]) =>
        error === null ? resolve(socket) : reject(error),
      )
    })
  }
  return { open, clock, guard, lines, connector }
}
