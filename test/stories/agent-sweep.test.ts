// The agent is killed at every commit of its journal, every frame and every acknowledgement, and another process goes on: every run
// ends in a true state, no change is sent twice, and every row comes once.

import { afterAll, describe, test } from 'vitest'
import { startSweep } from '../support/agent-sweep.ts'
import { play } from '../support/agent-sweep-play.ts'
import { scenarios } from '../support/agent-sweep-scenarios.ts'

const sweep = await startSweep({ groups: 400 })
afterAll(() => sweep[Symbol.asyncDispose]())

for (const [name, scenario] of Object.entries(scenarios)) {
  describe(`${name}, and the agent is killed`, async () => {
    const { points, check } = await play(sweep, scenario, [undefined])
    check()

    test.concurrent.for(points)('%s', async (deadly, { expect }) => {
      const { ends, check } = await play(sweep, scenario, [deadly])

      expect(ends).toEqual(['SIGKILL'])
      check()
    })
  })
}
