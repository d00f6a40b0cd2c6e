import { expect, test } from 'vitest'
import { createActivity } from './activity.ts'
import { createVirtualClock } from './virtual-clock.ts'

const hour = 60 * 60 * 1000

function createTime() {
  const activity = createActivity()
  return { activity, clock: createVirtualClock(activity) }
}

test('goes on by itself to whoever sleeps, in the order of their alarms', async () => {
  const { clock } = createTime()
  const woken: [string, number][] = []
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms)
    woken.push([name, clock.elapsedMs()])
  }

  await clock.runUntil(Promise.all([sleep('late', hour), sleep('soon', 20), sleep('soon, too', 20)]), 2 * hour)

  expect(woken).toEqual([
    ['soon', 20],
    ['soon, too', 20],
    ['late', hour],
  ])
})

test('stands still while something is going on', async () => {
  const { clock, activity } = createTime()
  const work = Promise.withResolvers<void>()
  let slept = false
  const sleeper = clock.sleep(1000).then(() => {
    slept = true
  })
  const busy = activity.during(work.promise)

  const over = clock.runUntil(sleeper, hour)
  for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve))
  const sleptMeanwhile = slept
  work.resolve()
  await Promise.all([over, busy])

  expect([sleptMeanwhile, slept]).toEqual([false, true])
})

test('says so when it takes too long, and when nobody sleeps any more', async () => {
  const { clock } = createTime()
  const forEver = async () => {
    while (true) await clock.sleep(hour)
  }

  await expect(clock.runUntil(forEver(), 10 * hour)).rejects.toThrow(/not over after 396/)
  await expect(createTime().clock.runUntil(new Promise(() => {}), hour)).rejects.toThrow(/nobody sleeps/)
})

test('a sleep ends with the reason of its signal', async () => {
  const { clock } = createTime()
  const over = new AbortController()
  const asleep = clock.host().sleep(hour, over.signal)

  over.abort(new Error('enough'))

  await expect(asleep).rejects.toThrow('enough')
})

test('a wall clock that is set moves alone', () => {
  const { clock } = createTime()
  const [one, other] = [clock.host(), clock.host()]

  one.jump(-5000)

  expect([one.now() - other.now(), one.monotonic() - other.monotonic()]).toEqual([-5000, 0])
})

test('a dead process neither wakes nor hears that it was called off', async () => {
  const { clock } = createTime()
  const dead = clock.host()
  const over = new AbortController()
  const heard: string[] = []
  const listen = (name: string, sleep: Promise<void>) =>
    sleep.then(
      () => heard.push(`${name} woke`),
      () => heard.push(`${name} was called off`),
    )
  void listen('a sleep', dead.sleep(10))
  void listen('a sleep with a signal', dead.sleep(10, over.signal))

  dead.freeze()
  over.abort()
  void listen('a sleep after death', dead.sleep(10))
  await clock.runUntil(clock.sleep(hour), 2 * hour)

  expect([heard, dead.monotonic()]).toEqual([[], 0])
})
