// A run that ended without being done, as an error.

import type { Fault, Outcome } from '@sallyport/protocol'
import type { StreamLine } from '../runs/stream-line.ts'

type FailedLine = Extract<StreamLine, { type: 'failed' }>

/** `code` may be one that this version does not know; `outcome` says what became of a write, where it got as far. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed'
  readonly run: string
  readonly state: FailedLine['state']
  readonly code: string
  readonly fault: Fault
  readonly retry: boolean
  readonly rule: string | undefined
  readonly outcome: Outcome | null

  constructor(run: string, { state, error, outcome }: FailedLine) {
    super(error.message)
    this.run = run
    this.state = state
    this.code = error.code
    this.fault = error.fault
    this.retry = error.retry
    this.rule = error.rule
    this.outcome = outcome
  }
}
