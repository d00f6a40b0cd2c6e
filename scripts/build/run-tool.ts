// Runs a tool of the build to its end, in the same surroundings on every machine, so that what is built is the same.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** What it takes to find tools, and for npm to reach its registry. What npm tells its scripts would lead another npm astray. */
const keptVariable =
  /^(PATH|HOME|(https?|no)_proxy|npm_config_(registry|cafile|cache|userconfig)|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i

/** What it printed. Throws with what it complained of where it ends otherwise than with 0, or cannot be started. */
export async function runTool(command: string, args: readonly string[], directory?: string): Promise<string> {
  const kept = Object.entries(process.env).filter(([name]) => keptVariable.test(name))
  const env = { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC', SOURCE_DATE_EPOCH: sourceDate }
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: directory, env })
  const over = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const [out, complaints, [code]] = await over.catch((cause: unknown) => {
    throw new Error(`run ${command}: it cannot be started; is it installed?`, { cause })
  })
  if (code === 0) return out
  throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${out}${complaints}`)
}

/** When files in packages were changed, for those who compare two builds; seconds since 1970. */
export const sourceDate = process.env.SOURCE_DATE_EPOCH ?? '1704067200'
