import { createHash } from 'node:crypto'
import type { Effect } from '@sallyport/protocol/job-contract'
import { anything, assert, constantFrom, dictionary, oneof, property, record, subarray } from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createPolicy, loadPolicy } from '../../../agent/policy/policy.ts'

const effects: ReadonlyArray<readonly [string, Effect]> = [
  ['org.get', 'read'],
  ['users.list', 'read'],
  ['events.pull', 'read'],
  ['groups.members.add', 'write'],
  ['groups.members.remove', 'write'],
]
const jobs = new Map(effects)
const known = { now: 0 }
const groups = ['6026da081f24755306c2ee0d', '602600000000000000000012', '60260812347553060000e012']

const someRules = record({
  allow: subarray(effects.map(([name]) => name)),
  groups: record({ allow: subarray(groups, { minLength: 1 }) }),
})
const somePolicy = dictionary(constantFrom('a', 'b', 'c'), someRules)
const someAsk = record({
  entry: constantFrom(...effects),
  connection: constantFrom('a', 'b', 'c', 'toString'),
  params: oneof(record({ groupId: constantFrom(...groups) }), anything()),
})

test('decides as a small model of the policy does, for any file and any run', () => {
  assert(
    property(somePolicy, someAsk, (connections, { entry: [job, effect], connection, params }) => {
      const text = stringify({ version: 1, connections })
      const policy = createPolicy({ file: { path: '/etc/sallyport/policy.yaml', text }, jobs })

      const decision = policy.decide({ job, effect, changes: { groups: ['groupId'] }, connection, params }, known)

      const rules = new Map(Object.entries(connections)).get(connection)
      const listed = rules?.allow.includes(job) ?? false
      const group = typeof params === 'object' && params !== null && 'groupId' in params ? params.groupId : undefined
      const touchable = rules?.groups.allow.some((id) => id === group) ?? false
      expect(decision.allowed).toBe(listed && (effect === 'read' || touchable))
      expect(decision.rule).toMatch(/^policy\.yaml connections/)
      if (!decision.allowed) expect(decision.message).not.toBe('')
    }),
  )
})

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

test('refuses a path to a file that is not there, rather than fall back to the default', async () => {
  const files = { read: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' })) }

  await expect(loadPolicy({ path: '/etc/policy.yaml', files, jobs })).rejects.toMatchObject({ code: 'policy_invalid' })
})
