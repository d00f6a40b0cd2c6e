// The checks of the running agent, by what it says of itself and by what its ledger says of its runs.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { ledgerDirectory } from '../ledger/ledger-paths.ts'
import { tailEntries } from '../ledger/read-entries.ts'
import { type Check, fail, ok, skip, type Verdict, warn } from './check.ts'
import type { Ground, Running } from './ground.ts'
import { startCommand } from './unit.ts'

/** What ends a start. */
const neededToStart = ['config.valid', 'policy.valid', 'env.tls', 'state.directory', 'state.mode', 'state.owner']

export type AgentChecks = {
  readonly ground: Ground
  readonly running: Running
  /** Without which there is nothing to be ready for. */
  readonly neededToWork: readonly string[]
}

export function agentChecks({ ground, running, neededToWork }: AgentChecks): readonly Check[] {
  return [
    {
      id: 'agent.running',
      after: [...neededToStart, 'identity.valid', 'journal.key'],
      look: async (signal) => {
        try {
          const { version, agent } = await running()
          return ok(`agent ${agent} of version ${version} answers at ${ground.paths.socket}`)
        } catch (error) {
          if (!(error instanceof SallyportError)) throw error
          return fail(error.message, await startCommand(ground, signal))
        }
      },
    },
    {
      id: 'agent.ready',
      after: ['agent.running', 'policy.panic', ...neededToWork],
      look: async () => {
        const { ready, reasons, warnings } = await running()
        if (!ready) return fail(reasons.join('; '))
        return warnings.length === 0 ? ok('it takes work') : warn(warnings.join('; '), 'sallyport status')
      },
    },
    { id: 'plane.run', after: ['agent.ready'], look: async () => sayRuns(await running(), ground.paths.state) },
  ]
}

/** The newest entries of the ledger that are looked at. */
const entryCount = 500

function sayRuns({ runs, agent }: Awaited<ReturnType<Running>>, state: string): Verdict {
  const { done, failed, refused } = runs
  const newest = tailEntries(ledgerDirectory(state), entryCount).findLast(({ link }) => link.kind === 'run.answered')
  // What went there and back long ago says little of today.
  const when = newest === undefined ? '' : `the newest run, ${newest.link.run}, was answered at ${newest.link.at}`
  const counts = `since its start ${done} runs were done, ${failed} failed and ${refused} were refused`
  const says = [counts, when].filter((one) => one !== '').join('; ')
  if (done > 0) return ok(says)
  if (failed + refused > 0) return warn(says)
  if (newest !== undefined) return ok(when)
  return skip(`no run came yet; at the control plane: sallyport-control run ${agent} org.get '{}'`)
}
