import { expect, test } from 'vitest'
import { untilReady } from '../../../../agent/cli/setup/setup-start.ts'

/** A clock that goes on while somebody sleeps, or hangs. */
function clockOf() {
  let nowMs = 0
  const sleep = async (ms: number) => {
    nowMs += ms
  }
  return { monotonic: () => nowMs, sleep }
}

test('an agent that hangs is waited for no longer than one that says why it is not ready', async () => {
  const clock = clockOf()
  const ask = async () => {
    await clock.sleep(5000)
    throw new Error('it hangs')
  }

  expect(await untilReady({ ask, clock })).toEqual(['it hangs'])
  expect(clock.monotonic()).toBeLessThan(40_000)
})

test('an agent that is ready in the end is waited for', async () => {
  const clock = clockOf()
  const ask = async () => ({
    status: 200,
    body: { ready: clock.monotonic() > 20_000, reasons: ['there is no session'] },
  })

  expect(await untilReady({ ask, clock })).toEqual([])
  expect(clock.monotonic()).toBeLessThan(21_000)
})
