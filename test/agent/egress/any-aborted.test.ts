import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { firstAborted, onceAborted } from '../../../agent/egress/any-aborted.ts'

test('finds the signal that is aborted already', () => {
  const aborted = AbortSignal.abort()

  expect(firstAborted([new AbortController().signal, aborted])).toBe(aborted)
  expect(firstAborted([new AbortController().signal])).toBeUndefined()
})

test('calls once, with the reason of the signal that came first, and listens to none any more', () => {
  const controllers = [new AbortController(), new AbortController()]
  const signals = controllers.map(({ signal }) => signal)
  const reasons: unknown[] = []

  onceAborted(signals, (reason) => reasons.push(reason))
  controllers[1]?.abort('cancelled')
  controllers[0]?.abort('closed')

  expect(reasons).toEqual(['cancelled'])
  expect(signals.flatMap((signal) => getEventListeners(signal, 'abort'))).toEqual([])
})

test('is called off', () => {
  const controller = new AbortController()
  const reasons: unknown[] = []

  onceAborted([controller.signal], (reason) => reasons.push(reason))()
  controller.abort()

  expect(reasons).toEqual([])
})
