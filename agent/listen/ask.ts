// Asks the running agent on this host, over its Unix socket.

import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { systemCode } from '../ports/files.ts'

export type Asked = { readonly status: number; readonly body: unknown }

const timeoutMs = 5000

/** Rejects with `agent_unreachable`, which says what to do. */
export async function askAgent(socketPath: string, method: 'GET' | 'POST', path: string): Promise<Asked> {
  const { promise, resolve, reject } = Promise.withResolvers<Asked>()
  const asked = request({ socketPath, method, path, timeout: timeoutMs }, (response) => {
    const { statusCode: status = 0 } = response
    text(response)
      .then((body) => resolve({ status, body: body === '' ? undefined : JSON.parse(body) }))
      .catch(reject)
  })
  asked.on('timeout', () => asked.destroy(new Error(`it did not answer within ${timeoutMs} ms`)))
  asked.on('error', reject)
  asked.end()
  try {
    const answer = await promise
    if (answer.status === 500) throw new Error('it held its answer back, which had a secret in it; its log says whose')
    return answer
  } catch (cause) {
    throw new SallyportError('agent_unreachable', `ask the agent at ${socketPath}: ${why(cause)}`, { cause })
  }
}

function why(cause: unknown): string {
  const code = systemCode(cause)
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return 'no agent runs here with this state directory; start it, or name its directory with --state'
  }
  if (code === 'EACCES') return 'this user may not; run it as root, or as the user of the agent'
  return cause instanceof Error ? cause.message : 'it failed'
}
