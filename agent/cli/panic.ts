// The command `panic`.

import { SallyportError } from '@sallyport/protocol'
import { openIdentityFile } from '../identity/identity.ts'
import { openPanic } from '../policy/panic.ts'
import { isPut, systemCode } from '../ports/files.ts'
import type { Host } from './host.ts'
import { findPaths, type PathFlags } from './paths.ts'

export type PanicFlags = PathFlags & { readonly lift?: boolean }

/** Needs no configuration that can be read: whatever else is broken, this works. */
export async function panic({ lift, ...flags }: PanicFlags, host: Host): Promise<void> {
  const { state } = findPaths(flags, host.environment, isPut)
  const switchOf = openPanic(state)
  try {
    if (lift) switchOf.lift()
    else switchOf.raise()
  } catch (cause) {
    const why = systemCode(cause) ?? 'it cannot be changed'
    const mend = 'Name the state directory of the agent with --state, and run this as its user, or as root.'
    throw new SallyportError('policy_invalid', `panic in ${state}: ${why}. ${mend}`, { cause })
  }
  if (!isPut(openIdentityFile(state).path)) throw ofNobody(state)
  host.print(
    lift
      ? 'lifted: the policy decides again.'
      : `everything is denied from now on, by ${switchOf.path}. Reads under way end, what was sent is followed to its outcome. "sallyport panic --lift" ends it.`,
  )
}

/** Whoever is in a hurry must not believe that another agent was stopped. It was done all the same, for the agent that comes. */
function ofNobody(state: string): SallyportError {
  return new SallyportError(
    'identity_missing',
    `panic in ${state}: no agent is enrolled there, so that none that runs was reached. Name its state directory with --state`,
  )
}
