// Asks the running agent on this host, over its Unix socket.

import { type IncomingMessage, request } from 'node:http'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { systemCode } from '../ports/files.ts'

export type Asked = { readonly status: number; readonly body: unknown }

const seconds = 1000
/** To the last byte. An agent that hangs answers nothing; one that was taken over might never end. */
const timeoutMs = 5 * seconds
const mebibytes = 1024 * 1024
/** Root asks, too: what the agent answers is not to fill the memory of who asks. */
const answerBytes = 8 * mebibytes

/** Rejects with `agent_unreachable`, which says what to do. */
export async function askAgent(socketPath: string, method: 'GET' | 'POST', path: string): Promise<Asked> {
  const { promise, resolve, reject } = Promise.withResolvers<Asked>()
  const asked = request({ socketPath, method, path, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
    const { statusCode: status = 0 } = response
    textOf(response)
      .then((body) => resolve({ status, body: body === '' ? undefined : JSON.parse(body) }))
      .catch(reject)
  })
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

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let byteCount = 0
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk)
    byteCount += bytes.length
    if (byteCount > answerBytes) throw new Error(`its answer is over ${answerBytes / mebibytes} MiB`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function why(cause: unknown): string {
  const code = systemCode(cause)
  if (code === 'ABORT_ERR') return `it did not answer within ${timeoutMs / seconds} s; it hangs, or its host does`
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return 'no agent runs here with this state directory; start it, or name its directory with --state'
  }
  if (code === 'EAGAIN') return 'too many ask it at once, or it hangs'
  if (code === 'EINVAL') return 'the path is too long for a socket; use a state directory with a shorter one'
  if (code === 'EACCES') return 'this user may not; run it as root, or as the user of the agent'
  return cause instanceof Error ? cause.message : 'it failed'
}
