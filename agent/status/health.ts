// Whether the agent is alive, and whether it can take work, with the reasons in words. Pure.

import { type ConnectionState, closeCodes } from '@sallyport/protocol'
import type { AgentFacts } from './status.ts'

export type Health = {
  /** False: only a new process helps. */
  readonly live: boolean
  /** False: it takes no work now, and `reasons` says why. */
  readonly ready: boolean
  readonly reasons: readonly string[]
  /** It works, and a person should look all the same. */
  readonly warnings: readonly string[]
}

type Judged = Pick<AgentFacts, 'session' | 'policy' | 'connections' | 'journal' | 'ledger' | 'isDraining'>

export function healthOf(facts: Judged): Health {
  const reasons = [...reasonsOf(facts)]
  return {
    live: facts.session.state !== 'stopped' || facts.isDraining,
    ready: reasons.length === 0,
    reasons,
    warnings: [...warningsOf(facts)],
  }
}

function* reasonsOf({ session, policy, connections, isDraining }: Judged): Generator<string> {
  if (isDraining) yield 'it is stopping, and takes nothing new'
  if (session.state !== 'open') yield `there is no session to ${session.plane} since ${session.since}${whyOf(session)}`
  if (policy.isPanic) yield 'everything is denied: "sallyport panic --lift" ends it'
  if (!connections.some(isUsable)) yield `no connection has a usable credential: ${connections.map(named).join(', ')}`
}

/** One line; all that is wrong may be many. */
const unheeded =
  'the policy file is not valid, and the policy before it stays in force: "sallyport policy check" says why'

function* warningsOf({ policy, connections, journal, ledger }: Judged): Generator<string> {
  if (policy.flaw !== null) yield unheeded
  for (const { name, message } of [journal, ledger]) if (name !== 'ok') yield message
  for (const connection of connections) {
    if (!isUsable(connection)) yield `connection ${named(connection)}`
    for (const { of, state, endsWithinDays } of credentialsOf(connection)) {
      if (state === 'credential_rejected' && of !== connection.name) yield `connection ${of}: credential_rejected`
      if (endsWithinDays === 0) yield `the credential of connection ${of} has ended: set a new one`
      else if (endsWithinDays !== undefined) {
        yield `the credential of connection ${of} ends within ${endsWithinDays} days: set a new one`
      }
    }
    if (connection.alarm)
      yield `connection ${connection.name}: a newer secret is there and is not used, because it is not good`
  }
}

/** What ended in order says nothing of why there is no other. */
function whyOf({ endedBy }: Judged['session']): string {
  if (endedBy === undefined || closeCodes[endedBy].fault === 'nobody') return ''
  return `: ${closeCodes[endedBy].meaning} (${endedBy})`
}

function isUsable({ state }: ConnectionState): boolean {
  return state === 'ready' || state === 'unproven'
}

const named = ({ name, state }: ConnectionState) => `${name}: ${state}`

function credentialsOf({ name, writer, state, endsWithinDays }: ConnectionState) {
  const reader = { of: name, state, endsWithinDays }
  return writer === undefined ? [reader] : [reader, { of: `${name}.writer`, ...writer }]
}
