// The command `panic`.

import { existsSync } from 'node:fs'
import { SallyportError } from '@sallyport/protocol'
import { openPanic } from '../policy/panic.ts'
import { systemCode } from '../ports/files.ts'
import type { Host } from './host.ts'
import { findPaths, type PathFlags } from './paths.ts'

export type PanicFlags = PathFlags & { readonly lift?: boolean }

/** Needs no configuration that can be read: whatever else is broken, this works. */
export async function panic({ lift, ...flags }: PanicFlags, host: Host): Promise<void> {
  const { state } = findPaths(flags, host.environment, existsSync)
  const switchOf = openPanic(state)
  try {
    if (lift) switchOf.lift()
    else switchOf.raise()
  } catch (cause) {
    const why = systemCode(cause) ?? 'it cannot be changed'
    const mend = 'Name the state directory of the agent with --state, and run this as its user, or as root.'
    throw new SallyportError('policy_invalid', `panic in ${state}: ${why}. ${mend}`, { cause })
  }
  host.print(
    lift
      ? 'lifted: the policy decides again.'
      : `everything is denied from now on, by ${switchOf.path}. Reads under way end, what was sent is followed to its outcome. "sallyport panic --lift" ends it.`,
  )
}
