import { createHash } from 'node:crypto'
import type { Effect } from '@sallyport/protocol/job-contract'
import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  dictionary,
  integer,
  property,
  record,
  subarray,
} from 'fast-check'
import { expect, test } from 'vitest'
import type { Known } from '../../../agent/policy/decide.ts'
import { createPolicy, loadPolicy } from '../../../agent/policy/policy.ts'
import { isAllowed, type ModelRules, type ModelWorld } from './model.ts'

const effects: ReadonlyArray<readonly [string, Effect]> = [
  ['org.get', 'read'],
  ['users.list', 'read'],
  ['events.pull', 'read'],
  ['groups.members.add', 'write'],
  ['groups.members.remove', 'write'],
]
const jobs = new Map(effects)
const known = { now: 0 }
const groups = ['6026da081f24755306c2ee0d', '602600000000000000000012', '60260812347553060000e012'] as const
const users = ['6026bec6b8207255280d5981', '6026bec6b8207255280d5982', '6026bec6b8207255280d5983'] as const
const names = ['abc', 'aab', 'cab'] as const
const patterns = ['a*', '*b', 'a*c', 'cab', 'x*', '*b*']

const small = integer({ min: 0, max: 6 })
const someTime = constantFrom('00:00', '06:30', '12:00', '18:45', '23:59')
const someRules: Arbitrary<ModelRules> = record({
  allow: subarray(effects.map(([name]) => name)),
  groups: record({
    allow: subarray([...groups, ...names], { minLength: 1 }),
    protect: subarray([groups[0], ...patterns], { maxLength: 2 }),
  }),
  users: record({ protect: subarray([users[0], ...patterns], { maxLength: 2 }) }),
  caps: record({
    ...{
      addsPerRun: small,
      addsPerHour: constantFrom(0, 2, 4, 6),
      removesPerRun: small,
      removesPerHour: constantFrom(0, 3, 6),
    },
    removeShare: constantFrom(0, 0.1, 0.5, 1),
  }),
  windows: array(
    record({
      days: subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], { minLength: 3 }),
      ...{ from: someTime, to: constantFrom('06:15', '12:30', '24:00'), timeZone: constant('UTC' as const) },
    }),
    { minLength: 1, maxLength: 2 },
  ),
  fields: constant({ drop: [], hash: [] }),
}).chain((rules) =>
  // Members that are named must be in the row of an allowed job.
  constantFrom<ModelRules['fields']>({ drop: [], hash: [] }, { drop: ['email'], hash: ['username'] }).map((fields) =>
    rules.allow.includes('users.list') ? { ...rules, fields } : rules,
  ),
)
const someWorld: Arbitrary<ModelWorld> = record({
  isPanic: integer({ min: 0, max: 15 }).map((drawn) => drawn === 0),
  now: integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 0, 15) }),
  pinned: dictionary(constantFrom(...names), constantFrom(...groups)),
  groupNames: dictionary(constantFrom(...groups), constantFrom(...names)),
  userNames: dictionary(constantFrom(...users), constantFrom(...names)),
  groupSizes: dictionary(constantFrom(...groups), integer({ min: 0, max: 20 })),
  counted: array(
    record({
      ...{ members: constantFrom('add' as const, 'remove' as const), group: constantFrom(...groups) },
      ...{ at: integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 0, 15) }), count: small },
      isUnderWay: boolean(),
    }),
    { maxLength: 3 },
  ),
}).chain((world) =>
  // Often within the hour, else nothing would be at a cap.
  integer({ min: 0, max: 2 * 3_600_000 }).map((agoMs) => ({
    ...world,
    counted: world.counted.map((one) => ({ ...one, at: world.now - agoMs })),
  })),
)
const someAsk = record({
  entry: constantFrom(...effects),
  connection: constantFrom('a', 'a', 'b', 'toString'),
  groupId: constantFrom(...groups),
  userIds: subarray([...users], { minLength: 1 }),
  filters: subarray(['email', 'username', 'state']),
})

/** Others than these: `DECISIONS=1000000`. */
const decisionCount = Number(process.env.DECISIONS ?? 100_000)
const asksEach = 50

test('decides as a small model of the policy does, for any file, any run and whatever else is known', {
  timeout: 240_000,
}, () => {
  const somePolicy = record({ a: someRules, b: someRules })
  const cases = array(record({ ask: someAsk, world: someWorld }), { minLength: asksEach, maxLength: asksEach })
  let allowedCount = 0
  assert(
    property(somePolicy, constantFrom(1, 2, 3), cases, (connections, replicas, all) => {
      const text = JSON.stringify({
        version: 1,
        replicas: isDivisible(connections, replicas) ? replicas : 1,
        connections,
      })
      const policy = createPolicy({ file: { path: '/etc/sallyport/policy.yaml', text }, jobs })

      for (const { ask, world } of all) {
        const [job, effect] = ask.entry
        const members = job.endsWith('remove') ? 'remove' : 'add'
        const where = Object.fromEntries(ask.filters.map((name) => [name, 'x']))
        const params = effect === 'read' ? { where } : { groupId: ask.groupId, userIds: ask.userIds }
        const changes = { groups: ['groupId'], users: ['userIds'], members } as const
        const decision = policy.decide({ job, effect, changes, connection: ask.connection, params }, knownOf(world))

        const rules = new Map(Object.entries(connections)).get(ask.connection)
        const filters = job === 'users.list' ? ask.filters : []
        const wanted = isAllowed(rules, policy.replicas, { ...ask, job, effect, members, filters }, world)
        // Compared by hand: to expect each of so many would cost more than to decide it.
        if (decision.allowed !== wanted) expect({ ...decision, text }).toMatchObject({ allowed: wanted })
        if (decision.allowed) allowedCount += 1
        else if (decision.message === '') expect(decision.message).not.toBe('')
      }
    }),
    { numRuns: Math.ceil(decisionCount / asksEach), seed: 4 },
  )

  // A model that says no to everything would agree as well.
  expect(allowedCount).toBeGreaterThan(decisionCount / 50)
})

const isDivisible = (connections: Readonly<Record<string, ModelRules>>, replicas: number) =>
  Object.values(connections).every(({ caps }) =>
    [caps.addsPerHour, caps.removesPerHour].every((cap) => cap === 0 || cap >= replicas),
  )

function knownOf({ pinned, groupNames, userNames, groupSizes, counted, ...world }: ModelWorld): Known {
  return {
    ...world,
    pins: new Map(Object.entries(pinned).map(([name, id]) => [name, { state: 'pinned', id }])),
    facts: {
      groupNames: new Map(Object.entries(groupNames)),
      userNames: new Map(Object.entries(userNames).map(([id, name]) => [id, [name]])),
      groupSizes: new Map(Object.entries(groupSizes)),
    },
    counted: counted.map((one) => ({ ...one, run: 'run-before-this', connection: 'a' })),
  }
}

test('has the digest that sha256sum prints for the file', () => {
  const text = '\uFEFFversion: 1 # ours\nconnections: {}\n'

  const policy = createPolicy({ file: { path: 'policy.yaml', text }, jobs })

  expect(policy.digest).toBe(createHash('sha256').update(Buffer.from(text)).digest('hex'))
})

test('names the jobs that some connection may run', () => {
  const text = `version: 1\nconnections:\n  a: {allow: [users.list]}\n  b: {allow: [org.get, users.list]}\n`

  expect(createPolicy({ file: { path: 'policy.yaml', text }, jobs }).jobs).toEqual(['org.get', 'users.list'])
  expect(createPolicy({ jobs }).jobs).toEqual(['org.get', 'users.list'])
  expect(createPolicy({ file: { path: 'p', text: 'version: 1\nconnections: {}\n' }, jobs }).jobs).toEqual([])
})

test('has no digest and allows plain reads where there is no file', async () => {
  const files = { read: () => Promise.reject(new Error('nothing is read')) }

  const policy = await loadPolicy({ path: undefined, files, jobs })

  expect(policy.digest).toBeNull()
  expect(policy.decide({ job: 'org.get', effect: 'read', connection: 'main', params: {} }, known).allowed).toBe(true)
  expect(policy.decide({ job: 'events.pull', effect: 'read', connection: 'main', params: {} }, known).allowed).toBe(
    false,
  )
})

test('loads a file, and names it by its path in errors and by its name in rules', async () => {
  const reading = (text: string) => ({
    read: async () => ({ kind: 'file', bytes: Buffer.from(text), whole: true, mode: 0o644 }) as const,
  })
  const path = '/etc/sallyport/policy.yaml'

  const policy = await loadPolicy({ path, files: reading('version: 1\nconnections: {a: {allow: [org.get]}}\n'), jobs })
  const failing = loadPolicy({ path, files: reading('version: 1\nconections: {}\n'), jobs })

  expect(policy.decide({ job: 'org.get', effect: 'read', connection: 'a', params: {} }, known)).toMatchObject({
    allowed: true,
    rule: 'policy.yaml connections.a.allow',
  })
  await expect(failing).rejects.toMatchObject({
    code: 'policy_invalid',
    message: expect.stringContaining('/etc/sallyport/policy.yaml:2:1: conections'),
  })
})

test('gives back the policy before, where the file still says the same', async () => {
  let text = 'version: 1\nconnections: {a: {allow: [org.get]}}\n'
  const files = { read: async () => ({ kind: 'file', bytes: Buffer.from(text), whole: true, mode: 0o644 }) as const }
  const path = '/etc/sallyport/policy.yaml'

  const before = await loadPolicy({ path, files, jobs })
  const same = await loadPolicy({ path, files, jobs, before })
  text = 'version: 1\nconnections: {a: {allow: [users.list]}}\n'
  const changed = await loadPolicy({ path, files, jobs, before })

  expect(same).toBe(before)
  expect(changed.jobs).toEqual(['users.list'])
})

test('refuses a path to a file that is not there, rather than fall back to the default', async () => {
  const files = { read: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' })) }

  await expect(loadPolicy({ path: '/etc/policy.yaml', files, jobs })).rejects.toMatchObject({ code: 'policy_invalid' })
})
