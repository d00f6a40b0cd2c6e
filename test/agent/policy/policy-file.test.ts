import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Effect } from '@sallyport/protocol/job-contract'
import { expect, test } from 'vitest'
import { connectionRules } from '../../../agent/policy/connection-rules.ts'
import { readPolicyFile } from '../../../agent/policy/policy-file.ts'
import { root } from '../../support/source/source-files.ts'

const jobs = new Map<string, Effect>([
  ['groups.list', 'read'],
  ['events.pull', 'read'],
  ['groups.members.add', 'write'],
  ['groups.members.remove', 'write'],
])
for (const name of ['users.list', 'groups.get'] as const) jobs.set(name, 'read')
const group = '6026da081f24755306c2ee0d'

const read = (text: string) => readPolicyFile(text, 'policy.yaml', { jobs })
const rules = (lines: string) => `version: 1\nconnections:\n  main:\n${lines.replace(/^/gm, '    ')}\n`

function messageOf(text: string, connections?: readonly string[]): string {
  try {
    readPolicyFile(text, 'policy.yaml', connections ? { jobs, connections } : { jobs })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'policy_invalid') return error.message
    throw error
  }
  throw new Error('expected a refusal')
}

test('takes a group by its name', () => {
  const text = rules('allow: [groups.members.add]\ngroups: {allow: [Sales (EU)]}')

  expect(read(text).connections.main?.groups?.allow).toEqual(['Sales (EU)'])
})

test('reads jobs and groups of each connection', () => {
  const text = rules(`allow: [groups.list, groups.members.add]\ngroups: {allow: [${group}, 602600000000000000000012]}`)

  expect(read(text).connections).toEqual({
    main: {
      allow: ['groups.list', 'groups.members.add'],
      groups: { allow: [group, '602600000000000000000012'] },
    },
  })
})

test.each([
  [
    'an unknown key',
    rules('alow: [groups.list]'),
    'policy.yaml:4:5: connections.main.alow: there is no such key here; did you mean allow?',
  ],
  [
    'a key of the top',
    `${rules('allow: []')}conections: {}\n`,
    'policy.yaml:5:1: conections: there is no such key here; did you mean connections?',
  ],
  [
    'an unknown job',
    rules('allow: [groups.list, group.list]'),
    'policy.yaml:4:26: connections.main.allow: there is no such job; did you mean groups.list?',
  ],
  [
    'a wildcard for jobs',
    rules("allow: ['groups.*']"),
    'policy.yaml:4:13: connections.main.allow: there are no wildcards',
  ],
  [
    'a wildcard for groups',
    rules("allow: [groups.list]\ngroups: {allow: ['*']}"),
    'policy.yaml:5:22: connections.main.groups.allow: there are no wildcards',
  ],
  [
    'an id in capitals',
    rules(`allow: [groups.list]\ngroups: {allow: [${group.toUpperCase()}]}`),
    'lower-case hexadecimal',
  ],
  [
    'a job that is named twice',
    rules('allow: [groups.list, events.pull, groups.list]'),
    'policy.yaml:4:39: connections.main.allow: this is named twice',
  ],
  [
    'a group that is named twice',
    rules(`allow: []\ngroups: {allow: [${group}, ${group}]}`),
    'policy.yaml:5:48: connections.main.groups.allow: this is named twice',
  ],
  [
    'a write without groups',
    rules('allow: [groups.list, groups.members.add]'),
    'policy.yaml:4:26: connections.main.allow: groups.members.add changes groups, and could change none',
  ],
  [
    'a write with an empty list of groups',
    rules('allow: [groups.members.remove]\ngroups: {allow: []}'),
    'policy.yaml:4:13: connections.main.allow: groups.members.remove changes groups',
  ],
  ['no list of jobs', rules('groups: {allow: []}'), 'policy.yaml:3:3: connections.main.allow: this is missing'],
  ['no version', 'connections: {}\n', 'policy.yaml:1:1: version: this is missing'],
  [
    'another version',
    'version: 2\nconnections: {}\n',
    'policy.yaml:1:10: version: this value is not known here; allowed: 1',
  ],
  ['a connection name that is none', 'version: 1\nconnections: {"Main Org": {allow: []}}\n', 'policy.yaml:2:15'],
  [
    'a connection that is there twice',
    'version: 1\nconnections: {a: {allow: []}, a: {allow: []}}\n',
    'policy.yaml:2:31: this key is there already',
  ],
  [
    'a cap that is no number',
    rules('allow: []\ncaps: {addsPerRun: many}'),
    'policy.yaml:5:24: connections.main.caps.addsPerRun: a cap is a whole number',
  ],
  [
    'a share in percent',
    rules('allow: []\ncaps: {removeShare: 10}'),
    'policy.yaml:5:25: connections.main.caps.removeShare: a share is at most 1: 0.1 is a tenth',
  ],
  [
    'a cap that leaves a replica nothing',
    `${rules('allow: []\ncaps: {addsPerHour: 2}')}replicas: 3\n`,
    'policy.yaml:5:25: connections.main.caps.addsPerHour: of 2, each of 3 replicas would have none',
  ],
  [
    'a window without a time zone',
    rules("allow: []\nwindows: [{from: '09:00', to: '10:00'}]"),
    'connections.main.windows.timeZone: this is missing',
  ],
  [
    'a field that no row has',
    rules('allow: [users.list]\nfields: {drop: [emial]}'),
    'policy.yaml:5:21: connections.main.fields.drop: no job that is allowed here sends this; did you mean email?',
  ],
  [
    'hashing what is no text',
    rules('allow: [users.list]\nfields: {hash: [suspended]}'),
    'policy.yaml:5:21: connections.main.fields.hash: only text can be hashed; drop it',
  ],
  [
    'hashing what is dropped',
    rules('allow: [users.list]\nfields: {drop: [email], hash: [email]}'),
    'policy.yaml:5:36: connections.main.fields.hash: this is dropped already',
  ],
  [
    'revealing where there are no events',
    rules('allow: [users.list]\nfields: {reveal: [phone]}'),
    'policy.yaml:5:23: connections.main.fields.reveal: only events.pull has something to reveal',
  ],
  [
    'revealing a secret',
    rules('allow: [events.pull]\nfields: {reveal: [phone, sharedSecret]}'),
    'policy.yaml:5:30: connections.main.fields.reveal: this cannot be revealed',
  ],
  [
    'an unknown key of a window',
    rules("allow: []\nwindows: [{form: '09:00', to: '10:00', timeZone: UTC}]"),
    'connections.main.windows.form: there is no such key here; did you mean from?',
  ],
  ['an empty file', '', 'policy.yaml:1:1: the file: there is nothing here'],
])('refuses %s at its line and column', (_, text, message) => {
  expect(messageOf(text)).toContain(message)
})

test('refuses a connection that the configuration does not have', () => {
  expect(messageOf('version: 1\nconnections: {mian: {allow: []}}\n', ['main', 'branch'])).toBe(
    'read the policy: policy.yaml:2:15: connections.mian: the configuration has no connection of this name; did you mean main? allowed: main, branch',
  )
})

test('takes the file that the documentation shows', () => {
  const page = readFileSync(join(root, 'docs/policy.md'), 'utf8')
  const [, example = ''] = page.split(/^```(?:yaml)?\n/m)

  expect(Object.keys(read(example).connections.main ?? {}).sort()).toEqual(
    Object.keys(connectionRules(jobs).shape).sort(),
  )
})
