// The agent is killed at every commit of its journal, every frame, every acknowledgement and every call of JumpCloud, and another
// process goes on: every run ends in a true state, no change is sent twice, and every row comes once.

import { afterAll, describe, test } from 'vitest'
import { startSweep } from '../support/agent-sweep.ts'
import { play } from '../support/agent-sweep-play.ts'
import { scenarios } from '../support/agent-sweep-scenarios.ts'

const sweep = await startSweep({ groups: 600 })
afterAll(() => sweep[Symbol.asyncDispose]())

for (const [name, scenario] of Object.entries(scenarios)) {
  describe(`${name}, and the agent is killed`, async () => {
    const { points, check } = await play(sweep, scenario, [undefined])
    check()

    test('a call of JumpCloud is swept', ({ expect }) => {
      const names = [`before calling ${scenario.call} #1`, `after calling ${scenario.call} #1`]
      expect(points).toEqual(expect.arrayContaining(names))
    })

    test.concurrent.for(points.filter((point) => scenario.swept?.test(point) ?? true))(
      '%s',
      async (deadly, { expect }) => {
        const { ends, check } = await play(sweep, scenario, [deadly])

        expect(ends).toEqual(['SIGKILL'])
        check()
      },
    )
  })
}
