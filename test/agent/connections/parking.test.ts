import { expect, test } from 'vitest'
import { type ParkingOptions, park } from '../../../agent/connections/parking.ts'
import { Swap, type SwapOptions } from '../../../agent/connections/swap.ts'
import type { Log } from '../../../agent/log.ts'
import { collectedHeapBytes } from '../../chaos/left-behind.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const minutes = 60_000

test('a credential that is refused for days keeps nothing of the runs that waited for another in vain', async () => {
  const clock = createFakeClock()
  const credential: SwapOptions['credential'] = {
    ...{ name: 'main', secret: undefined, settings: { kind: 'api_key', source: { file: '/key' } } },
    candidate: async () => Promise.reject(new Error('the source says nothing new')),
    take: () => {},
  }
  const swap = new Swap({
    credential,
    tryOut: async () => {},
    onTaken: () => {},
    onAlarm: () => {},
    clock,
    log: silent,
  })
  swap.reject()
  const patience = { leftMs: () => 5 * minutes }
  const options: ParkingOptions = { ...{ name: 'main', swap, patience, clock }, mend: '', onRejected: () => {} }
  const waitInVain = async (count: number) => {
    const parked = Array.from({ length: count }, () => park(options, [new AbortController().signal]))
    const ended = Promise.allSettled(parked)
    await clock.advance(5 * minutes)
    return await ended
  }
  await waitInVain(1000)
  const before = collectedHeapBytes()

  for (let time = 0; time < 10; time += 1) {
    const ends = await waitInVain(1000)
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(['rejected']))
  }

  expect(collectedHeapBytes() - before).toBeLessThan(5 * 1024 * 1024)
})
