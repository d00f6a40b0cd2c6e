// The checks of the running agent, by what it says of itself.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { type Check, fail, ok, warn } from './check.ts'
import type { Ground, Running } from './ground.ts'
import { lookAtRun } from './run-check.ts'
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
    { id: 'plane.run', after: ['agent.ready'], look: async (signal) => lookAtRun(ground, await running(), signal) },
  ]
}
