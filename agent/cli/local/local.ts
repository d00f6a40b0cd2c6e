// The commands `status`, `health`, `drain` and `runs`: they ask the running agent over its Unix socket.

import { SallyportError } from '@sallyport/protocol'
import { visibleJson } from '@sallyport/protocol/visible-json'
import { z } from 'zod'
import { type Asked, askAgent } from '../../listen/ask.ts'
import { socketPath } from '../../listen/socket-path.ts'
import type { Host } from '../host.ts'
import { findPaths, type PathFlags } from '../paths.ts'
import { runLine, statusLines } from './status-lines.ts'
import { type ToldRun, toldRun, toldStatus } from './told-status.ts'

export type AskFlags = PathFlags & { readonly json?: true }
export type HealthFlags = AskFlags & { readonly live?: true }

const judged = z.looseObject({ reasons: z.array(z.string()) })
const runs = z.looseObject({ runs: z.array(toldRun) })

/** Ends with 1 where the agent takes no work. */
export async function status(flags: AskFlags, host: Host): Promise<void> {
  const { body } = await ask(flags, host, 'GET', '/status')
  const shown = read(toldStatus, body)
  if (flags.json) host.print(jsonOf(body))
  else for (const line of statusLines(shown)) host.print(line)
  if (!shown.ready) throw new SallyportError('agent_not_ready', `the agent takes no work: ${shown.reasons.join('; ')}`)
}

export async function health(flags: HealthFlags, host: Host): Promise<void> {
  const { status: code, body } = await ask(flags, host, 'GET', flags.live ? '/livez' : '/readyz')
  if (flags.json) host.print(jsonOf(body))
  if (code === 200) return flags.json ? undefined : host.print(flags.live ? 'live' : 'ready')
  throw new SallyportError('agent_not_ready', `the agent takes no work: ${read(judged, body).reasons.join('; ')}`)
}

export async function drain(flags: AskFlags, host: Host): Promise<void> {
  const { body } = await ask(flags, host, 'POST', '/drain')
  host.print(flags.json ? jsonOf(body) : 'it stops when what it works on is answered; its log says when')
}

export async function runsList(flags: AskFlags, host: Host): Promise<void> {
  const held = await heldRuns(flags, host)
  if (flags.json) return host.print(jsonOf({ runs: held }))
  if (held.length === 0)
    return host.print('no run is held; those that are over are in the ledger: sallyport ledger tail')
  for (const one of held) host.print(runLine(one))
}

export async function runsShow(id: string, flags: AskFlags, host: Host): Promise<void> {
  const held = await heldRuns(flags, host).catch(noneIfUnreachable)
  const found = held.find((one) => one.run === id)
  if (found === undefined) return await (await import('../ledger/ledger.ts')).show(id, flags, host)
  host.print(flags.json ? jsonOf(found) : runLine(found))
}

/** The ledger tells of a run without the agent, too. */
function noneIfUnreachable(error: unknown): readonly ToldRun[] {
  if (error instanceof SallyportError && error.code === 'agent_unreachable') return []
  throw error
}

async function heldRuns(flags: AskFlags, host: Host): Promise<readonly ToldRun[]> {
  const { body } = await ask(flags, host, 'GET', '/runs')
  return read(runs, body).runs
}

function ask(flags: AskFlags, { environment }: Host, method: 'GET' | 'POST', path: string): Promise<Asked> {
  const { state } = findPaths(flags, environment, () => false)
  return askAgent(socketPath(state, environment), method, path)
}

/** Who ordered a run is named in it by the control plane. */
function jsonOf(value: unknown): string {
  return visibleJson(JSON.stringify(value))
}

function read<Value>(shape: z.ZodType<Value>, body: unknown): Value {
  const parsed = shape.safeParse(body)
  if (parsed.success) return parsed.data
  throw new SallyportError('agent_unreachable', 'ask the agent: it is of a version that this program does not know')
}
