// The agent is killed at every point by which it takes note of what its control plane says of itself, and another process goes on:
// it opens a session by the keys that it has kept, the old ones or the new.

import { afterAll, expect, test } from 'vitest'
import { openTelling, toldPasses } from '../support/told-by-plane.ts'
import { unswept } from '../support/unswept.ts'

const telling = await openTelling()
afterAll(() => telling[Symbol.asyncDispose]())

const { points, ended } = await telling.play()
const swept = points.filter((point) => toldPasses.some((what) => point.includes(` ${what} `)))

test('at all that it does, and it ends by itself where it is not killed', () => {
  expect(unswept(points, toldPasses)).toEqual([])
  expect(ended).toBe(0)
})

test.for(swept)('%s', async (deadly) => {
  const { ended, version } = await telling.play(deadly)

  expect(ended).toBe('SIGKILL')
  if (swept.indexOf(deadly) <= swept.indexOf('before identity keys #1')) expect(version).toBe(1)
  if (swept.indexOf(deadly) >= swept.indexOf('after identity keys #1')) expect(version).toBe(2)
})
