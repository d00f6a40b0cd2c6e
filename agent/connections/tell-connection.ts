// The state of a connection as others see it: the control plane by `hello` and `state`, and whoever asks on the host.

import type { Capability, ConnectionState } from '@sallyport/protocol'
import type { Credential } from './credential.ts'
import type { Swap } from './swap.ts'
import { dueWarning } from './watch-expiry.ts'

type Held = { readonly credential: Credential; readonly swap: Swap }

export type ConnectionFacts = {
  readonly name: string
  readonly state: ConnectionState['state']
  readonly reader: Held
  readonly writer: Held | undefined
  readonly capabilities: readonly Capability[] | undefined
  readonly now: number
}

export function tellConnection({ reader, writer, capabilities, now, ...known }: ConnectionFacts): ConnectionState {
  return {
    ...known,
    ...expiryOf(reader, now),
    ...(reader.swap.isAlarmed || writer?.swap.isAlarmed ? { alarm: true } : {}),
    ...(writer === undefined ? {} : { writer: { state: stateOfWriter(writer), ...expiryOf(writer, now) } }),
    ...(capabilities === undefined ? {} : { capabilities: [...capabilities] }),
  }
}

/** It is opened by the first change: until then nobody knows whether there is one. */
function stateOfWriter({ credential, swap }: Held): ConnectionState['state'] {
  if (swap.rejectedAt !== undefined) return 'credential_rejected'
  if (credential.isMissing) return 'credential_missing'
  return credential.secret === undefined ? 'unproven' : 'ready'
}

function expiryOf({ credential: { settings } }: Held, now: number): Pick<ConnectionState, 'expiresAt'> {
  const { expiresAt } = settings
  if (expiresAt === undefined) return {}
  const endsWithinDays = dueWarning(expiresAt, now)
  return {
    expiresAt: new Date(expiresAt).toISOString(),
    ...(endsWithinDays === undefined ? {} : { endsWithinDays }),
  }
}
