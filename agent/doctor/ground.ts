// What the checks stand on: where things lie, and the ports to look at them. Filled by the command line, or by a test.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import type { EgressHost } from '../egress/open-egress.ts'
import type { Asked } from '../listen/ask.ts'
import type { Random } from '../ports/random.ts'
import type { Surroundings } from '../ports/surroundings.ts'
import { once } from './once.ts'

/** Of an agent of another version: what is not known here is ignored. */
const state = z.object({ name: z.string(), message: z.string() })
export const runningAgent = z.object({
  ...{ version: z.string(), agent: z.string(), replica: z.string(), ready: z.boolean() },
  ...{ reasons: z.array(z.string()), warnings: z.array(z.string()) },
  session: z.object({ state: z.string(), since: z.string() }),
  connections: z.array(z.object({ name: z.string(), state: z.string() })),
  ...{ journal: state, ledger: state },
  runs: z.object({ done: z.number(), failed: z.number(), refused: z.number() }),
})
export type RunningAgent = z.infer<typeof runningAgent>

export type Ground = EgressHost & {
  readonly paths: {
    readonly configuration: string
    readonly policy: string | undefined
    readonly state: string
    readonly socket: string
  }
  /** As they were given, with a space before each; empty where everything lies where the packages put it. */
  readonly pathFlags: string
  /** The flags that Node was started with. */
  readonly nodeFlags: readonly string[]
  readonly random: Random
  readonly surroundings: Surroundings
  /** Of the running agent, at its socket. Rejects with `agent_unreachable`. */
  readonly askAgent: (method: 'GET' | 'POST', path: string) => Promise<Asked>
  readonly version: string
  /** The state directory is that of the unit. */
  readonly isOfService: boolean
}

/** The running agent is asked once, whoever wants to know. */
export type Running = () => Promise<RunningAgent>

/** Rejects with `agent_unreachable`. */
export function createRunning({ askAgent }: Pick<Ground, 'askAgent'>): Running {
  const ask = async () => {
    const read = runningAgent.safeParse((await askAgent('GET', '/status')).body)
    if (read.success) return read.data
    throw new SallyportError('agent_unreachable', 'ask the agent: it is of a version that this program does not know')
  }
  return once(ask)
}

/** Undefined where none answers. */
export function ifRunning(running: Running): Promise<RunningAgent | undefined> {
  return running().catch(() => undefined)
}
