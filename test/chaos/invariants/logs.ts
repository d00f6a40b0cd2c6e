// No process logs a defect, and no session ends as if one of its two ends had broken the protocol.

import type { Evidence } from '../evidence.ts'
import type { Logged } from '../host-log.ts'

/** How a session may end here; undefined for a socket that broke without a word. */
const endings: ReadonlySet<unknown> = new Set([
  undefined,
  'bye',
  'restart',
  'handshake_timeout',
  'session_replaced',
  'peer_silent',
  'left',
])

/**
 * Its agent had given that connection up and opened another, in this process or the next, when its hello came at last: nobody
 * hears the refusal. One that is heard, its agent logs too.
 */
const cameLate: ReadonlySet<unknown> = new Set(['counter_behind', 'replica_conflict'])

/** What people are told where JumpCloud refuses the credential, as it does here for a while. */
const ofCredential: ReadonlySet<string> = new Set(['credential.rejected', 'connection.state'])

export function checkLogs({ logged }: Pick<Evidence, 'logged'>): readonly string[] {
  return logged.flatMap((line) => {
    if (line.level === 'error' && !ofCredential.has(line.event))
      return [`${line.host} logged ${line.event}: ${detailOf(line)}`]
    if (!/^session\.(closed|refused)$/.test(line.event) || endings.has(line.fields.reason)) return []
    if (line.host === 'plane' && cameLate.has(line.fields.reason)) return []
    return [`${line.host}: a session ended with ${line.fields.reason}: ${detailOf(line)}`]
  })
}

function detailOf({ fields }: Logged): string {
  const { error } = fields
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(fields)
}
