// Where the calls of a run wait while JumpCloud refuses the credential: until another one has taken over, or the run's time is
// over. Nothing that waits here was done.

import type { Access } from '../jumpcloud/access.ts'
import { CallError } from '../jumpcloud/call-error.ts'
import type { Clock } from '../ports/clock.ts'
import type { Secret } from '../vault/secret.ts'
import type { Swap } from './swap.ts'

/** Of a run. */
export type Patience = {
  /** How long it may still wait. */
  readonly leftMs: () => number
  /** It waits, or goes on. */
  readonly onParked?: ((isParked: boolean) => void) | undefined
}

export type ParkingOptions = {
  readonly name: string
  readonly swap: Swap
  readonly patience: Patience
  readonly clock: Clock
  /** What mends it, for people. */
  readonly mend: string
  /** JumpCloud refused the secret. */
  readonly onRejected: () => void
}

/** Calls that are signed with `access` wait where it is refused, and are sent again with what takes over. */
export function createParking(access: Access, options: ParkingOptions): Access {
  const { swap, onRejected } = options
  let refusedSecret: Secret | undefined
  return {
    ...access,
    ready: async (signals) => {
      for (;;) {
        await park(options, signals)
        const error: unknown = await access.ready(signals).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        if (error === undefined) return
        if (!isRejection(error)) throw error
        onRejected()
      }
    },
    current: () => (swap.rejectedAt === undefined ? access.current() : undefined),
    refused: (pass) => {
      if (access.refused(pass) || swap.rejectedAt !== undefined) return true
      // JumpCloud took the secret again meanwhile, but not for this: to wait once more would change nothing.
      if (swap.secret === refusedSecret) return false
      refusedSecret = swap.secret
      onRejected()
      return true
    },
  }
}

export function isRejection(error: unknown): boolean {
  return error instanceof CallError && error.code === 'credential_rejected'
}

/** Resolves at once where nothing is wrong. Rejects with `credential_rejected` when the patience is over. */
export async function park(options: ParkingOptions, signals: readonly AbortSignal[]): Promise<void> {
  const { swap, patience, clock } = options
  if (swap.rejectedAt === undefined) return
  void swap.check()
  const over = new AbortController()
  const callOff = clock.after(Math.max(0, patience.leftMs()), () => over.abort(outOfPatience(options)))
  patience.onParked?.(true)
  try {
    while (swap.rejectedAt !== undefined) await swap.untilTaken([...signals, over.signal])
  } finally {
    callOff()
    patience.onParked?.(false)
  }
}

function outOfPatience({ name, swap, mend }: ParkingOptions): CallError {
  const since = swap.rejectedAt === undefined ? '' : ` since ${new Date(swap.rejectedAt).toISOString()}`
  const message = `sign a request of connection "${name}": JumpCloud refuses the credential${since}, and no other came in the run's time; it was regenerated, has expired, or is of another region; set a new one. ${mend}`
  return new CallError('credential_rejected', message, { sent: 'no' })
}
