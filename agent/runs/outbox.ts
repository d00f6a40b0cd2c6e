// What runs have to say, onto one session: within the credit, short runs first, and no more at a time on the way to the socket
// than one page, or a few small frames.

import type { HeldRun } from './held-run.ts'
import type { Outgoing } from './output.ts'

/** Resolves when the text is handed to the kernel. `blocked`: the leak guard stopped it, and nothing was sent. */
export type Send = (text: string) => Promise<void> | 'blocked'

/** In characters. Less than this may be on its way to the kernel while the next is sent, and all of it leaves in one write. */
const fewOnTheWay = 16 * 1024

export type Credit = { readonly sessionBytes: number; readonly runBytes: number }

export type Outbox = {
  /** The run may have something to say now. */
  wake(run: HeldRun): void
  /** The run is forgotten: it has nothing to say any more, though the socket may take long to take what is before it. */
  drop(run: HeldRun): void
  /** `bytes` is the total since the session began; without a run, that of the session. */
  credit(run: HeldRun | undefined, bytes: number): void
  close(): void
}

type OutboxOptions = {
  readonly send: Send
  readonly credit: Credit
  /** A frame of this run would have leaked: give it another answer. */
  readonly onBlocked: (run: HeldRun) => void
}

export function createOutbox({ send, credit, onBlocked }: OutboxOptions): Outbox {
  const urgent = new Set<HeldRun>()
  const bulk = new Set<HeldRun>()
  const runCredit = new WeakMap<HeldRun, number>()
  const runUsed = new WeakMap<HeldRun, number>()
  let sessionCredit = credit.sessionBytes
  let sessionUsed = 0
  let onTheWay = 0
  let pumping = false
  let closed = false

  const affordable = (run: HeldRun, byteCount: number) =>
    byteCount === 0 ||
    (sessionUsed + byteCount <= sessionCredit &&
      (runUsed.get(run) ?? 0) + byteCount <= (runCredit.get(run) ?? credit.runBytes))

  /** What costs no credit goes before any page; among pages, those of short runs. */
  const pick = () => {
    let page: { lane: Set<HeldRun>; run: HeldRun; frame: Outgoing } | undefined
    for (const lane of [urgent, bulk]) {
      for (const run of lane) {
        const frame = run.silent ? undefined : run.output.peek()
        if (frame === undefined) lane.delete(run)
        else if (frame.byteCount === 0) return { lane, run, frame }
        else if (page === undefined && affordable(run, frame.byteCount)) page = { lane, run, frame }
      }
    }
    return page
  }

  const charge = (run: HeldRun, byteCount: number) => {
    sessionUsed += byteCount
    runUsed.set(run, (runUsed.get(run) ?? 0) + byteCount)
  }

  /** A promise where nothing more may be sent before it resolves. */
  const handOver = (run: HeldRun, frame: Outgoing): Promise<void> | undefined => {
    const text = frame.text()
    const handed = send(text)
    if (handed === 'blocked') return void onBlocked(run)
    charge(run, frame.byteCount)
    if (frame.page !== undefined) run.ledger.sent(frame.page)
    onTheWay += text.length
    const arrived = handed.then(() => {
      onTheWay -= text.length
    })
    if (onTheWay < fewOnTheWay) return void frame.sent()
    return arrived.then(() => {
      if (!closed) frame.sent()
    })
  }

  const pump = async () => {
    if (pumping) return
    pumping = true
    for (let next = pick(); next !== undefined && !closed; next = pick()) {
      const { lane, run, frame } = next
      if (run.output.announce()) void send(JSON.stringify({ type: 'accepted', run: run.id, attempt: run.attempt }))
      const full = handOver(run, frame)
      if (full !== undefined) await full
      // To the end of its lane: the others have their turn before its next page.
      if (lane.delete(run)) lane.add(run)
    }
    pumping = false
  }

  return {
    wake: (run) => {
      if (run.short) urgent.add(run)
      else bulk.add(run)
      void pump()
    },
    drop: (run) => {
      urgent.delete(run)
      bulk.delete(run)
    },
    credit: (run, bytes) => {
      if (run === undefined) sessionCredit = Math.max(sessionCredit, bytes)
      else runCredit.set(run, Math.max(runCredit.get(run) ?? credit.runBytes, bytes))
      void pump()
    },
    close: () => {
      closed = true
    },
  }
}
