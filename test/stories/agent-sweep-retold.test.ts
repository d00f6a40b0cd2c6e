// A write comes back to the replica that was killed with it, as another attempt, and the agent is killed again at every point by
// which it keeps that number and answers under it: it goes on as that attempt, and does no change twice.

import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../agent/ports/clock.ts'
import { startSweep } from '../support/agent-sweep.ts'
import { play } from '../support/agent-sweep-play.ts'
import { sweptOf } from '../support/agent-sweep-scenarios.ts'
import { createPushedClock } from '../support/pushed-clock.ts'
import { firstDeath, retold } from '../support/retold-scenario.ts'
import { unswept } from '../support/unswept.ts'

// One at a time: the time of its control plane is everybody's.
const sweep = await startSweep({ groups: 60, clock: createPushedClock(systemClock) })
afterAll(() => sweep[Symbol.asyncDispose]())

const { points, check } = await play(sweep, retold, [firstDeath, undefined])
await check()
const swept = sweptOf(retold, points)

test('at all that it does', () => expect(unswept(swept, retold.passes)).toEqual([]))

test.for(swept)('%s', async (deadly) => {
  const { ends, attempt, check } = await play(sweep, retold, [firstDeath, deadly])

  expect(ends).toEqual(['SIGKILL', 'SIGKILL'])
  await check()
  // What the journal has kept as the second attempt is told as that.
  if (swept.indexOf(deadly) >= swept.indexOf('after journal answer #1')) expect(attempt).toBe(2)
})
