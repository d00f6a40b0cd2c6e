// JumpCloud as one run sees it: the methods of the port, each performed in the lane of the run and counted.

import type { Random } from '../ports/random.ts'
import { type Answer, readAnswer } from './answer.ts'
import type { Call } from './call.ts'
import type { Governor, Lane } from './governor.ts'
import { events } from './insights.ts'
import { list } from './list.ts'
import { createPageReader } from './page-reader.ts'
import { type CallLog, type Performance, perform } from './perform.ts'
import type { JumpCloudLane, JumpCloudReads } from './port.ts'
import type { RequestPorts } from './request.ts'
import { verify } from './verify.ts'

/** What all lanes of a connection share. */
export type Foundation = {
  readonly ports: RequestPorts
  readonly random: Random
  readonly governors: Readonly<Record<'console' | 'api', Governor>>
  readonly log?: CallLog | undefined
  /** Paths of listings whose `sort` JumpCloud refused. */
  readonly unsortable: Set<string>
  /** Aborted when the connection closes; it ends even changes. */
  readonly closing: AbortSignal
  readonly onSending: () => void
}

type Send = (call: Call, signal: AbortSignal) => Promise<Answer>

/** The lane ends with `signal`; only a change that was sent, and looking for it, go on. */
export function openLane(foundation: Foundation, lane: Lane, signal?: AbortSignal): JumpCloudLane {
  const { ports, random, governors, log, closing } = foundation
  const ended = signal === undefined ? closing : AbortSignal.any([signal, closing])
  let callCount = 0
  const send = (call: Call, waitingSignal: AbortSignal, asked: Partial<Performance> = {}): Promise<Answer> =>
    perform(call, {
      governor: governors[call.host ?? 'console'],
      lane,
      ports,
      random,
      log,
      waitingSignal,
      sendingSignal: waitingSignal,
      ...asked,
      onSending: () => {
        callCount += 1
        foundation.onSending()
      },
    })

  return {
    ...readsOf(foundation, send, ended),
    callCount: () => callCount,
    change: (change, mayStart) =>
      unlessWithheld(mayStart, (beforeSending) =>
        send({ ...change, effect: 'write', method: 'POST' }, ended, { sendingSignal: closing, beforeSending }),
      ),
    verify: (look) =>
      verify((until) => look(readsOf(foundation, send, AbortSignal.any([until, closing]))), ports.clock),
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
    if (error === withheld) return 'withheld'
    throw error
  }
}

function readsOf({ ports, governors, unsortable }: Foundation, send: Send, signal: AbortSignal): JumpCloudReads {
  return {
    organisationId: ports.organisationId,
    get: async ({ shape, ...named }) => {
      const call: Call = { ...named, effect: 'read', method: 'GET' }
      return readAnswer(call, await send(call, signal), shape)
    },
    list: (listed) =>
      list({
        operation: listed.operation,
        idOf: listed.idOf,
        window: governors.console.ceiling,
        signal,
        page: createPageReader(listed, { send, unsortable }),
      }),
    events: (query) => events(query, (call) => send(call, signal)),
  }
}
