import { expect, test } from 'vitest'
import { isAbrupt } from './fault.ts'
import { createSchedule } from './schedule.ts'
import { isMemberAtFirst } from './submission.ts'
import { tellFailure, tellSchedule } from './tell.ts'

const seeds = Array.from({ length: 200 }, (_, index) => index + 1)
const schedules = seeds.map((seed) => createSchedule(seed))
const events = schedules.flatMap((schedule) => schedule.events)
const changes = (seed: number) =>
  createSchedule(seed).events.flatMap((event) =>
    event.what === 'submit' && 'users' in event.submission.ask ? [event.submission.ask] : [],
  )

test('the same seed gives the same schedule, and another gives another', () => {
  expect(createSchedule(7)).toEqual(createSchedule(7))
  expect(createSchedule(7)).not.toEqual(createSchedule(8))
})

test('events come by time', () => {
  for (const { events } of schedules) {
    const times = events.map(({ atMs }) => atMs)
    expect(times).toEqual(times.toSorted((one, other) => one - other))
  }
})

test('every kind of fault comes up', () => {
  const kinds = new Set(events.flatMap((event) => (event.what === 'fault' ? [event.fault.kind] : [])))

  expect([...kinds].sort()).toEqual([
    'clock_jump',
    'crash',
    'cut',
    'drain',
    'jumpcloud',
    'lose_writer',
    'plane_crash',
    'plane_restart',
    'strand',
    'weather',
  ])
})

test('in most worlds a replica is lost in the middle of a write that outlives it, and somebody undoes changes', () => {
  const losses = schedules.flatMap(({ events }) =>
    events.flatMap((event) =>
      event.what === 'fault' && event.fault.kind === 'lose_writer' ? [{ ...event.fault, events }] : [],
    ),
  )
  const undoing = events.filter(
    (event) => event.what === 'fault' && event.fault.kind === 'jumpcloud' && event.fault.lever.name === 'undoChange',
  )

  expect(losses.length).toBeGreaterThan(seeds.length / 3)
  expect(undoing.length).toBeGreaterThan(seeds.length / 2)
  for (const { number, downMs, events } of losses) {
    const asked = events.flatMap((event) =>
      event.what === 'submit' && event.submission.number === number ? [event.submission] : [],
    )
    expect(asked).toMatchObject([{ keyed: true, ask: { users: expect.any(Array) } }])
    expect(asked[0]?.ttlMs).toBeGreaterThan(2 * downMs)
    expect(events.filter((event) => event.what === 'cancel' && event.number === number)).toEqual([])
  }
})

test('in some worlds every process ends in order, and much else goes wrong', () => {
  const faultsOf = ({ events }: (typeof schedules)[number]) =>
    events.flatMap((event) => (event.what === 'fault' ? [event.fault] : []))
  const gentle = schedules.filter((schedule) => !faultsOf(schedule).some(isAbrupt))

  expect(gentle.length).toBeGreaterThan(seeds.length / 10)
  expect(gentle.flatMap(faultsOf).length).toBeGreaterThan(3 * gentle.length)
})

test('nothing goes wrong in a calm world', () => {
  expect(createSchedule(7, { calm: true }).events.filter(({ what }) => what === 'fault')).toEqual([])
})

test('of each user in each group one run alone asks for a change, mostly for one that is needed', () => {
  for (const seed of seeds) {
    const targets = changes(seed).flatMap(({ group, users }) => users.map((user) => `${group}/${user}`))
    expect(new Set(targets).size).toBe(targets.length)
  }
  const needed = seeds.flatMap(changes).flatMap(({ job, users }) => {
    return users.map((user) => isMemberAtFirst(user) === (job === 'groups.members.remove'))
  })
  expect(needed.filter((is) => is).length / needed.length).toBeGreaterThan(0.7)
  expect(needed).toContain(false)
})

test('a failure tells the schedule until then, what was violated, and how to see it again', () => {
  const schedule = createSchedule(7)
  const untilMs = schedule.events[3]?.atMs ?? 0

  const lines = tellFailure({ schedule, violations: ['a row twice'], tally: {}, virtualMs: untilMs })

  expect(lines).toEqual([
    ...tellSchedule(schedule, untilMs).map((line) => `  ${line}`),
    '  violated: a row twice',
    '  again: npm run chaos -- --seed 7',
  ])
  expect(lines.length).toBeLessThan(tellSchedule(schedule).length)
})
