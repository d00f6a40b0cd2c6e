// JumpCloud as one run sees it: the methods of the port, each performed in the lane of the run and counted.

import { ExchangeError } from '../egress/exchange.ts'
import type { Random } from '../ports/random.ts'
import type { Access } from './access.ts'
import { type Answer, readAnswer } from './answer.ts'
import { type Bookmark, createBookmark, type Progress } from './bookmark.ts'
import type { Budget } from './budget.ts'
import type { Call } from './call.ts'
import type { Governor, Lane } from './governor.ts'
import { events } from './insights.ts'
import { list } from './list.ts'
import { createPageReader } from './page-reader.ts'
import { type CallLog, type OnCalled, type Performance, perform } from './perform.ts'
import type { JumpCloudLane, JumpCloudReads } from './port.ts'
import type { RetryWait } from './retry.ts'
import { verify } from './verify.ts'

/** What all lanes of a connection share. */
export type Foundation = {
  readonly ports: Performance['ports']
  /** Of lanes that have none of their own. */
  readonly access: Access
  readonly random: Random
  readonly retryWait?: RetryWait | undefined
  readonly budget: Budget
  readonly governors: Readonly<Record<'console' | 'api', Governor>>
  readonly log?: CallLog | undefined
  /** Paths of listings whose `sort` JumpCloud refused. */
  readonly unsortable: Set<string>
  /** Aborted when the connection closes; it ends even changes. */
  readonly closing: AbortSignal
  readonly onSending: () => void
  /** Of lanes that have none of their own. */
  readonly onCalled?: OnCalled | undefined
}

type Send = (call: Call, signals: readonly AbortSignal[]) => Promise<Answer>

export type LaneRecords = {
  /** A long read goes on where its steps end. */
  readonly progress?: Progress | undefined
  /** Called for each request that was sent. */
  readonly onCalled?: OnCalled | undefined
  /** Instead of that of the client. */
  readonly access?: Access | undefined
  /** For changes; if left out they are signed like the rest. */
  readonly writing?: Access | undefined
}

type LaneOptions = LaneRecords & { readonly signal?: AbortSignal | undefined }

/** The lane ends with `signal`; only a change that was sent, and looking for it, go on. */
export function openLane(
  foundation: Foundation,
  lane: Lane,
  { signal, progress, onCalled, access = foundation.access, writing = access }: LaneOptions,
): JumpCloudLane {
  const { ports, random, retryWait, budget, governors, log, closing } = foundation
  const ended = signal === undefined ? [closing] : [signal, closing]
  const bookmark = progress === undefined ? undefined : createBookmark(progress)
  let callCount = 0
  const send = (
    call: Call,
    waitingSignals: readonly AbortSignal[],
    asked: Partial<Performance> = {},
  ): Promise<Answer> =>
    perform(call, {
      governor: governors[call.host ?? 'console'],
      lane,
      ports,
      access,
      random,
      retryWait,
      budget,
      log,
      onCalled: onCalled ?? foundation.onCalled,
      waitingSignals,
      sendingSignals: waitingSignals,
      ...asked,
      onSending: () => {
        callCount += 1
        foundation.onSending()
      },
    })

  const follow: Send = (call, signals) => send(call, signals, { isFollowing: true })

  return {
    ...readsOf(foundation, { send, signals: ended, bookmark }),
    ask: async (question) => void (await send({ method: 'GET', ...question, effect: 'read' }, ended)),
    callCount: () => callCount,
    step: () => bookmark?.step(),
    change: (change, mayStart, mayLeave) =>
      unlessWithheld(mayStart, (beforeSending) =>
        send({ ...change, effect: 'write', method: 'POST' }, ended, {
          access: writing,
          sendingSignals: [closing],
          beforeSending,
          beforeWrite: mayLeave,
        }),
      ),
    verify: (look) =>
      verify((until) => look(readsOf(foundation, { send: follow, signals: [until] })), { clock: ports.clock, closing }),
  }
}

async function unlessWithheld(
  mayStart: () => Promise<boolean>,
  send: (before: () => Promise<void>) => Promise<Answer>,
): Promise<'answered' | 'withheld'> {
  const withheld = new Error('withheld')
  try {
    await send(async () => {
      if (!(await mayStart())) throw withheld
    })
    return 'answered'
  } catch (error) {
    if (error === withheld || (error instanceof ExchangeError && error.ending === 'withheld')) return 'withheld'
    throw error
  }
}

type Reading = {
  readonly send: Send
  readonly signals: readonly AbortSignal[]
  readonly bookmark?: Bookmark | undefined
}

function readsOf({ ports, governors, unsortable }: Foundation, { send, signals, bookmark }: Reading): JumpCloudReads {
  return {
    organisationId: ports.organisationId,
    get: async ({ shape, ...named }) => {
      const call: Call = { ...named, effect: 'read', method: 'GET' }
      return readAnswer(call, await send(call, signals), shape)
    },
    list: (listed) => {
      const ofList = bookmark?.list()
      return list({
        operation: listed.operation,
        idOf: listed.idOf,
        window: governors.console.ceiling,
        signal: AbortSignal.any([...signals]),
        page: createPageReader(listed, { send: (call, signal) => send(call, [signal]), unsortable, bookmark: ofList }),
        bookmark: ofList,
      })
    },
    events: (query) => events(query, (call) => send(call, signals), bookmark?.events()),
  }
}
