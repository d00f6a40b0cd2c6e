// One run as its submitter holds it: its rows as they come, and how it ended.

import { type Outcome, SallyportError } from '@sallyport/protocol'
import type { StreamLine } from '../runs/stream-line.ts'
import { RunFailed } from './run-failed.ts'
import type { Transport } from './transport.ts'

type FinalLine = Extract<StreamLine, { type: 'done' | 'failed' }>

export type Done = {
  readonly state: 'done'
  readonly rowCount: number
  /** Of a run that writes. */
  readonly outcome: Outcome | null
  /** SHA-256 over the pages as the agent sent them. */
  readonly sha256: string | null
}

export type JobRunOptions = {
  readonly transport: Transport
  readonly id: Promise<string>
  readonly signal?: AbortSignal | undefined
}

/**
 * Iterate it for the rows; each iteration begins at the first row, and leaving one early does not cancel the run.
 * Everything here throws `RunFailed` where the run did not get done, and the reason of the signal where that was aborted.
 */
export class JobRun<Row> implements AsyncIterable<Row> {
  readonly id: Promise<string>
  readonly #transport: Transport
  readonly #signal: AbortSignal | undefined
  #final: FinalLine | undefined

  constructor({ transport, id, signal }: JobRunOptions) {
    this.id = id
    this.#transport = transport
    this.#signal = signal
    // Whoever iterates or asks for the end is told; nobody has to do either.
    id.catch(() => {})
    signal?.addEventListener('abort', () => void this.cancel().catch(() => {}), { once: true })
  }

  /**
   * Also throws `attempt_lost` where another replica took over after rows were handed out: those are void then, and rows
   * of two attempts are never mixed. `rows()` begins anew by itself.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Row, void, void> {
    const run = await this.id
    let handedCount = 0
    for await (const line of this.#watch(run)) {
      if (this.#isOver(run, line)) return
      if (line.type === 'row') {
        handedCount += 1
        yield toRow<Row>(line)
      } else if (line.type === 'attempt' && handedCount > 0) {
        const message = `read the rows of run ${run}: another replica took over after ${handedCount} rows, which are void now. Read again from the first row.`
        throw new SallyportError('attempt_lost', message)
      }
    }
    throw brokenOff(run)
  }

  /** All rows together, of one attempt. */
  async rows(): Promise<Row[]> {
    const run = await this.id
    let rows: Row[] = []
    for await (const line of this.#watch(run)) {
      if (this.#isOver(run, line)) return rows
      if (line.type === 'row') rows.push(toRow<Row>(line))
      else if (line.type === 'attempt') rows = []
    }
    throw brokenOff(run)
  }

  /** How it ended; follows it to the end where no iteration has. */
  get done(): Promise<Done> {
    return this.#follow()
  }

  /** Asks for its end; what was written already stays. It then ends as `cancelled`, or as it would have. */
  async cancel(): Promise<void> {
    await this.#transport.cancel(await this.id)
  }

  async #follow(): Promise<Done> {
    const run = await this.id
    if (this.#final === undefined) for await (const line of this.#watch(run)) if (this.#isOver(run, line)) break
    if (this.#final === undefined) throw brokenOff(run)
    if (this.#final.type === 'failed') throw new RunFailed(run, this.#final)
    const { state, rows, outcome, sha256 } = this.#final
    return { state, rowCount: rows, outcome, sha256 }
  }

  #watch(run: string): AsyncIterable<StreamLine> {
    return this.#transport.watch({ run, signal: this.#signal })
  }

  /** True of the last line, which it keeps; throws where that one is `failed`. */
  #isOver(run: string, line: StreamLine): boolean {
    if (line.type !== 'done' && line.type !== 'failed') return false
    this.#final = line
    if (line.type === 'failed') throw new RunFailed(run, line)
    return true
  }
}

function brokenOff(run: string): SallyportError {
  const message = `watch run ${run}: the control plane stopped before the run ended. Watch it again.`
  return new SallyportError('plane_unreachable', message)
}

/** The control plane held the row to the contract of the job, which is where `Row` comes from. */
function toRow<Row>({ row }: { readonly row?: unknown }): Row {
  return row as Row
}
