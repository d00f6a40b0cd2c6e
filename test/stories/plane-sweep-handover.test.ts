// The control plane is killed at every commit and every frame by which a run or the lead goes from one replica to another, or a run
// ends because nobody came for it, or brought its answer, and another control plane takes its place.

import { afterAll, describe, expect, test } from 'vitest'
import { endings } from '../support/ending-scenarios.ts'
import { playHandover } from '../support/handover-play.ts'
import { handovers } from '../support/handover-scenarios.ts'
import { makeMortalTemplate } from '../support/mortal-template.ts'
import { unswept } from '../support/unswept.ts'

const template = await makeMortalTemplate()
afterAll(() => template[Symbol.asyncDispose]())

for (const [name, handover] of Object.entries({ ...handovers, ...endings })) {
  describe(`${name}, and the control plane is killed`, async () => {
    const { points } = await playHandover(template, handover)

    test('at all that it does', () => {
      expect(unswept(points, handover.passes)).toEqual([])
    })

    test.for(points.filter((point) => handover.swept?.test(point) ?? true))('%s', async (deadly) => {
      const { ended } = await playHandover(template, handover, deadly)

      expect(ended).toBe('SIGKILL')
    })
  })
}
