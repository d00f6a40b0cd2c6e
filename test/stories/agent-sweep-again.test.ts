// The agent that goes on after a crash is killed as well, at every point that it passes: what held for one crash holds for two.

import { afterAll, describe, test } from 'vitest'
import { startSweep } from '../support/agent-sweep.ts'
import { play } from '../support/agent-sweep-play.ts'
import { type Scenario, scenarios, sweptOf } from '../support/agent-sweep-scenarios.ts'

const sweep = await startSweep({ groups: 300 })
afterAll(() => sweep[Symbol.asyncDispose]())

/** Where the first process is killed: pages are told and not acknowledged; a change was applied, and nobody knows. */
const firstDeaths = {
  'a read of three pages': 'after sending page #1',
  'a write for two users': 'before journal settle #1',
} as const

for (const [name, firstDeath] of Object.entries(firstDeaths)) {
  const scenario = scenarioOf(name)
  describe(`${name}, killed ${firstDeath}, and killed again`, async () => {
    const { points, check } = await play(sweep, scenario, [firstDeath, undefined])
    await check()

    test.concurrent.for(sweptOf(scenario, points))('%s', async (deadly, { expect }) => {
      const { ends, check } = await play(sweep, scenario, [firstDeath, deadly])

      expect(ends).toEqual(['SIGKILL', 'SIGKILL'])
      await check()
    })
  })
}

function scenarioOf(name: string): Scenario {
  const scenario = scenarios[name]
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`)
  return scenario
}
