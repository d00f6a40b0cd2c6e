// Owns everything that one running simulator knows, handed to every part of it.

import type { Timers } from '../clock.ts'
import type { Dialect } from '../dialect.ts'
import type { KeyRing } from './key-ring.ts'
import type { Recording } from './recording.ts'
import type { Tenant } from './tenant.ts'

export interface World {
  readonly now: () => number
  readonly timers: Timers
  readonly dialect: Dialect
  readonly keyRing: KeyRing
  readonly recording: Recording
  readonly tenants: readonly [Tenant, ...Tenant[]]
}
