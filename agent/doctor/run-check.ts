// The check that runs come and answers go: the running agent asks its control plane for one, and what became of it is read where the
// agent writes it down.

import { z } from 'zod'
import type { Link } from '../ledger/chain.ts'
import { ledgerDirectory } from '../ledger/ledger-paths.ts'
import { findTail, type LedgerTail } from '../ledger/ledger-tail.ts'
import { entriesBehind } from '../ledger/read-entries.ts'
import { ok, type Verdict, warn } from './check.ts'
import type { Ground, RunningAgent } from './ground.ts'

const seconds = 1000
/** Somebody waits, and a run of one page takes a second where everything is far away. */
const patienceMs = 6 * seconds
const lookMs = 50

export async function lookAtRun(ground: Ground, running: RunningAgent, signal: AbortSignal): Promise<Verdict> {
  const { askAgent, clock, paths } = ground
  const directory = ledgerDirectory(paths.state)
  const before = findTail(directory)
  const { status } = await askAgent('POST', '/trial')
  if (status !== 202) return sayUnasked(status, running)
  const asked = { directory, before, requester: `replica ${running.replica}` }
  const askedAt = clock.monotonic()
  for (;;) {
    const { run, end } = lookFor(asked)
    const tookMs = clock.monotonic() - askedAt
    if (end !== undefined && (await isStored(run, ground))) return sayEnd(run, end, Math.round(tookMs))
    if (tookMs >= patienceMs) return sayLate({ run, end }, running)
    await clock.sleep(lookMs, signal)
  }
}

type Asked = { readonly directory: string; readonly before: LedgerTail; readonly requester: string }

/** What the ledger has of it so far. */
type Seen = { readonly run: unknown; readonly end: Link | undefined }

function lookFor({ directory, before, requester }: Asked): Seen {
  const links = [...entriesBehind(directory, before)].map(({ link }) => link)
  const run = links.find((link) => link.requester === requester)?.run
  const end = links.find(({ kind, ...link }) => link.run === run && (kind === 'run.answered' || kind === 'run.refused'))
  return { run, end: run === undefined ? undefined : end }
}

const held = z.looseObject({ runs: z.array(z.looseObject({ run: z.string() })) })

/** The agent holds what it answered until the control plane has stored it. */
async function isStored(run: unknown, { askAgent }: Ground): Promise<boolean> {
  const { runs } = held.parse((await askAgent('GET', '/runs')).body)
  return !runs.some((one) => one.run === run)
}

function sayEnd(run: unknown, { kind, answer, code }: Link, tookMs: number): Verdict {
  const how = kind === 'run.refused' || answer === 'failed' ? `: ${code}` : ''
  return ok(`the control plane sent run ${run} and has its answer${how}; ${tookMs} ms`)
}

function sayLate({ run, end }: Seen, running: RunningAgent): Verdict {
  const since =
    end === undefined ? 'is not answered yet' : 'is answered, and the control plane does not say that it has that'
  const why =
    run === undefined
      ? 'the control plane was asked for a run and sent none; it is busy, was asked just before, or is too old for that'
      : `run ${run} came and ${since}`
  return warn(`${why}; ${soFar(running)}`, mendOf(running))
}

/** An agent of an earlier version cannot ask, and what it did must do. */
function sayUnasked(status: number, running: RunningAgent): Verdict {
  const isOlder = status === 404
  if (isOlder && running.runs.done > 0) return ok(soFar(running))
  const why = isOlder ? 'none was done yet' : 'the agent has no session in which it could ask for one'
  return warn(`${why}; ${soFar(running)}`, mendOf(running))
}

function soFar({ runs: { done, failed, refused } }: RunningAgent): string {
  return `since the agent started, ${done} runs were done, ${failed} failed and ${refused} were refused`
}

const mendOf = ({ agent }: RunningAgent) => `sallyport-control run ${agent} org.get '{}'`
