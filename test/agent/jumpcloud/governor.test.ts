import { describe, expect, test } from 'vitest'
import { Governor, type Lane, type Turn } from '../../../agent/jumpcloud/governor.ts'
import { createLeapingClock } from '../../support/leaping-clock.ts'

const settled = () => new Promise(setImmediate)

/** Asks for turns and notes in which order they come. */
function createQueue(governor: Governor) {
  const order: string[] = []
  const turns: Turn[] = []
  const ask = (name: string, lane: Lane = 'bulk', ...signals: readonly AbortSignal[]) =>
    governor.admit(lane, signals).then((turn) => {
      order.push(name)
      turns.push(turn)
    })
  return { order, turns, ask }
}

async function succeed(governor: Governor, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const turn = await governor.admit('bulk')
    turn.succeeded()
    turn.release()
  }
}

describe('how many', () => {
  test('begins with four at once, and lets the next in for each that leaves', async () => {
    const governor = new Governor({ clock: createLeapingClock() })
    const { order, turns, ask } = createQueue(governor)

    for (const name of ['a', 'b', 'c', 'd', 'e']) void ask(name)
    await settled()
    const before = [...order]
    turns[0]?.release()
    await settled()

    expect(before).toEqual(['a', 'b', 'c', 'd'])
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('adds one after twenty successes, up to its ceiling', async () => {
    const governor = new Governor({ clock: createLeapingClock(), ceiling: 6 })

    await succeed(governor, 20)
    const afterTwenty = governor.limit
    await succeed(governor, 200)

    expect([afterTwenty, governor.limit]).toEqual([5, 6])
  })

  test('halves when JumpCloud slows it down, once for calls that were under way together, never below one', async () => {
    const governor = new Governor({ clock: createLeapingClock() })
    const together = await Promise.all([governor.admit('bulk'), governor.admit('bulk'), governor.admit('bulk')])

    for (const turn of together) turn.slowedDown('overload', undefined)
    for (const turn of together) turn.release()
    const afterOne = governor.limit
    for (let index = 0; index < 3; index += 1) {
      const turn = await governor.admit('bulk')
      turn.slowedDown('overload', undefined)
      turn.release()
    }

    expect([afterOne, governor.limit]).toEqual([2, 1])
  })

  test('keeps to a ceiling below its start', async () => {
    expect(new Governor({ clock: createLeapingClock(), ceiling: 1 }).limit).toBe(1)
  })
})

describe('who goes first', () => {
  test('changes before short reads before listings, and in order within a lane', async () => {
    const governor = new Governor({ clock: createLeapingClock(), start: 1 })
    const { order, turns, ask } = createQueue(governor)
    await ask('first')

    void ask('listing 1', 'bulk')
    void ask('read', 'interactive')
    void ask('listing 2', 'bulk')
    void ask('change', 'write')
    for (let index = 0; index < 4; index += 1) {
      turns[index]?.release()
      await settled()
    }

    expect(order).toEqual(['first', 'change', 'read', 'listing 1', 'listing 2'])
  })
})

describe('how fast', () => {
  test('lets nothing start while JumpCloud asks to wait', async () => {
    const clock = createLeapingClock()
    const governor = new Governor({ clock })
    const turn = await governor.admit('bulk')

    turn.slowedDown('rate', 7000)
    turn.release()
    await governor.admit('write')

    expect(clock.monotonic()).toBeGreaterThanOrEqual(7000)
  })

  test('starts calls further apart after a 429', async () => {
    const clock = createLeapingClock()
    const governor = new Governor({ clock })
    const turn = await governor.admit('bulk')
    turn.slowedDown('rate', undefined)
    turn.release()

    await governor.admit('bulk')
    await governor.admit('bulk')

    expect(clock.slept.length).toBeGreaterThan(0)
  })
})

describe('waiting', () => {
  test('ends with the reason of the signal, and leaves the place to the next', async () => {
    const governor = new Governor({ clock: createLeapingClock(), start: 1 })
    const { order, turns, ask } = createQueue(governor)
    await ask('first')
    const controller = new AbortController()

    const givingUp = ask('gives up', 'write', controller.signal)
    void ask('next')
    controller.abort(new Error('cancelled'))
    await expect(givingUp).rejects.toThrow('cancelled')
    turns[0]?.release()
    await settled()

    expect(order).toEqual(['first', 'next'])
  })

  test('does not begin for a signal that is aborted already', async () => {
    const governor = new Governor({ clock: createLeapingClock() })

    await expect(governor.admit('bulk', [AbortSignal.abort(new Error('too late'))])).rejects.toThrow('too late')
  })
})
