// The agent is killed at every commit of its journal, every frame, every acknowledgement, every call of JumpCloud and every change
// of its files, and another process goes on: every run ends in a true state, no change is sent twice, and every row comes once.

import { afterAll, describe, test } from 'vitest'
import { lifeScenarios } from '../support/agent-life-scenarios.ts'
import { startSweep } from '../support/agent-sweep.ts'
import { play } from '../support/agent-sweep-play.ts'
import { scenarios, sweptOf } from '../support/agent-sweep-scenarios.ts'
import { unswept } from '../support/unswept.ts'

const sweep = await startSweep({ groups: 600 })
afterAll(() => sweep[Symbol.asyncDispose]())

for (const [name, scenario] of Object.entries({ ...scenarios, ...lifeScenarios })) {
  describe(`${name}, and the agent is killed`, async () => {
    const { points, check } = await play(sweep, scenario, [undefined])
    await check()
    const swept = sweptOf(scenario, points)

    test('at all that it does', ({ expect }) => {
      expect(unswept(scenario.sweptFrom === undefined ? swept : points, scenario.passes)).toEqual([])
    })

    test.concurrent.for(swept)('%s', async (deadly, { expect }) => {
      const { ends, check } = await play(sweep, scenario, [deadly])

      expect(ends).toEqual(['SIGKILL'])
      await check()
    })
  })
}
