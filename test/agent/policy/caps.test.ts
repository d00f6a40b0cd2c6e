import { describe, expect, test } from 'vitest'
import type { CountedChange } from '../../../agent/journal/counted-changes.ts'
import { hourMs, overHourCap, overRunCap, overShare } from '../../../agent/policy/caps.ts'

const now = Date.parse('2026-01-05T10:00:00Z')
const add = { members: 'add', count: 3, groups: ['g'] } as const
const remove = { ...add, members: 'remove' } as const
const counted = (agoMs: number, count: number, part: Partial<CountedChange> = {}): CountedChange => ({
  ...{ run: 'run-before-this', connection: 'main', members: 'add', group: 'g', at: now - agoMs, count },
  ...part,
})
const tally = { now, counted: [], replicas: 1 }

test('the cap of a run is for all groups that it changes', () => {
  expect(overRunCap({ addsPerRun: 6 }, { ...add, groups: ['g', 'h'] })).toBeUndefined()
  expect(overRunCap({ addsPerRun: 5 }, { ...add, groups: ['g', 'h'] })).toMatchObject({ rule: 'caps.addsPerRun' })
})

describe('the cap of an hour', () => {
  const caps = { addsPerHour: 10 }

  test('allows up to the last', () => {
    expect(overHourCap(caps, add, { ...tally, counted: [counted(1, 7)] })).toBeUndefined()
  })

  test('says rule, count, limit and when there is room again', () => {
    const before = [counted(20 * 60_000, 4), counted(10 * 60_000, 4)]

    expect(overHourCap(caps, add, { ...tally, counted: before })).toEqual({
      rule: 'caps.addsPerHour',
      message:
        'it would add: 3, after 8 within an hour; the limit is 10; there is room again at 2026-01-05T10:40:00.000Z',
    })
  })

  test('says where there never is', () => {
    expect(overHourCap({ addsPerHour: 2 }, add, tally)?.message).toContain('there is never room for so many at once')
  })

  test('forgets what is an hour ago, and nothing that lies ahead because the clock was set back', () => {
    expect(overHourCap(caps, add, { ...tally, counted: [counted(hourMs, 10)] })).toBeUndefined()
    expect(overHourCap(caps, add, { ...tally, counted: [counted(hourMs - 1, 10)] })).toBeDefined()
    expect(overHourCap(caps, add, { ...tally, counted: [counted(-5 * hourMs, 10)] })).toBeDefined()
  })

  test('holds adds and removes apart', () => {
    const before = [counted(1, 10, { members: 'remove' })]

    expect(overHourCap(caps, add, { ...tally, counted: before })).toBeUndefined()
    expect(overHourCap({ removesPerHour: 12 }, remove, { ...tally, counted: before })).toBeDefined()
  })

  test('is divided over the replicas, rounded down', () => {
    expect(overHourCap(caps, add, { ...tally, replicas: 3 })).toBeUndefined()
    expect(overHourCap(caps, add, { ...tally, replicas: 4 })?.message).toContain('the limit is 2, the part of one of 4')
  })
})

describe('the share of a group', () => {
  const caps = { removeShare: 0.1 }
  const sized = (size: number, before: readonly CountedChange[] = []) => ({
    ...{ ...tally, counted: before },
    sizes: new Map([['g', size]]),
  })

  test('is of its members, rounded down', () => {
    expect(overShare(caps, remove, sized(30))).toBeUndefined()
    expect(overShare(caps, remove, sized(29))).toMatchObject({ rule: 'caps.removeShare' })
    expect(overShare(caps, remove, sized(0))).toBeDefined()
  })

  test('is of the size an hour ago: what was removed since counts for it', () => {
    const removed = counted(1, 3, { members: 'remove' })

    expect(overShare(caps, remove, sized(57, [removed]))).toBeUndefined()
    expect(overShare(caps, remove, sized(56, [removed]))).toBeDefined()
  })

  test('does not grow by those who are still being removed, and may be members yet', () => {
    const removing = { ...counted(1, 3, { members: 'remove' }), isUnderWay: true }

    expect(overShare(caps, remove, sized(60, [removing]))).toBeUndefined()
    expect(overShare(caps, remove, sized(59, [removing]))).toBeDefined()
  })

  test('does not grow by members who were just added', () => {
    expect(overShare(caps, remove, sized(1029, [counted(1, 1000)]))).toBeDefined()
  })

  test('is of each group alone, and of removing alone', () => {
    const elsewhere = counted(1, 100, { members: 'remove', group: 'h' })

    expect(overShare(caps, remove, sized(30, [elsewhere]))).toBeUndefined()
    expect(overShare(caps, add, sized(0))).toBeUndefined()
    expect(overShare(caps, { ...remove, groups: ['g', 'h'] }, sized(30))).toMatchObject({
      message: expect.stringContaining('group h'),
    })
  })
})
