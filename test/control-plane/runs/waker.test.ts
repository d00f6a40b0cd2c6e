import { expect, test } from 'vitest'
import { createWaker } from '../../../control-plane/runs/waker.ts'

test('wakes all who sleep for a run, and nobody else', async () => {
  const waker = createWaker()
  const woken: string[] = []
  const sleepers = ['a', 'a', 'b'].map((run) => ({ run, ...waker.sleeper(run) }))
  for (const { run, woken: wakes } of sleepers) void wakes.then(() => woken.push(run))

  waker.wake('a')
  await Promise.resolve()
  const first = [...woken]
  waker.wakeAll()
  await Promise.resolve()

  expect(first).toEqual(['a', 'a'])
  expect(woken).toEqual(['a', 'a', 'b'])
})

test('a change between asking and waiting is not missed', async () => {
  const waker = createWaker()
  using sleeper = waker.sleeper('a')

  waker.wake('a')

  await expect(sleeper.woken).resolves.toBeUndefined()
})

test('hands a page to one of those who sleep: its rows have one owner', async () => {
  const waker = createWaker()
  const page = { run: 'a', attempt: 1, seq: 0, rows: '[{}]', rowCount: 1, parsed: [{}] }
  using first = waker.sleeper('a')
  using second = waker.sleeper('a')

  waker.wake('a', page)

  expect(await Promise.all([first.woken, second.woken])).toEqual([page, undefined])
})
