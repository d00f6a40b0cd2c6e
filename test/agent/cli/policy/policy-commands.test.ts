import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openHost } from '../../../support/cli-host.ts'
import { startJumpCloud } from '../../../support/jumpcloud/start.ts'
import { castOf } from '../../../support/open-session.ts'

const group = '6026da081f24755306c2ee0d'
const user = '6026bec6b8207255280d5981'
const add = (groupId: string) => ['policy', 'test', 'groups.members.add', JSON.stringify({ groupId, userIds: [user] })]

test('test says which rule allows or refuses a run, with 0 or 1, and asks nobody', async () => {
  await using host = await openHost()
  const policy = host.at('policy.yaml')
  const rules = `{allow: [groups.list, groups.members.add], groups: {allow: [${group}, Sales]}, users: {protect: ['x*']}}`
  await writeFile(policy, `version: 1\nconnections: {main: ${rules}}\n`)
  const run = (...args: readonly string[]) => host.run(...args, '--policy', policy)

  const [allowed, refused, json, typo] = await Promise.all([
    run(...add(group)),
    run(...add(user)),
    run('policy', 'test', 'users.list', '{}', '--json'),
    run('policy', 'test', 'groups.list', '{nmae}'),
  ])

  expect(allowed).toMatchObject({
    code: 0,
    text: 'allowed by policy.yaml connections.main.groups.allow; what JumpCloud says decides too: user names',
  })
  expect(refused).toMatchObject({ code: 1, text: expect.stringContaining('refused by policy.yaml connections.main') })
  expect(refused.text).toContain('the name Sales was not looked up yet')
  expect(json.code).toBe(1)
  expect(JSON.parse(json.text.split('\n').find((line) => line.startsWith('{')) ?? '')).toMatchObject({
    allowed: false,
    rule: 'policy.yaml connections.main.allow',
  })
  expect(typo).toMatchObject({ code: 1, text: expect.stringContaining('the params are no JSON') })
})

test('test says which caps it cannot judge, because only the agent knows what was changed within the last hour', async () => {
  await using host = await openHost()
  const policy = host.at('policy.yaml')
  const caps = '{addsPerRun: 5, addsPerHour: 9, removesPerHour: 3}'
  const rules = `{allow: [groups.list, groups.members.add], groups: {allow: [${group}]}, caps: ${caps}}`
  await writeFile(policy, `version: 1\nconnections: {main: ${rules}}\n`)

  const [write, read, json] = await Promise.all([
    host.run(...add(group), '--policy', policy),
    host.run('policy', 'test', 'groups.list', '{}', '--policy', policy),
    host.run(...add(group), '--policy', policy, '--json'),
  ])

  expect(write.text).toContain('changes of the last hour are not counted here, and decide too: caps.addsPerHour')
  expect(read.text).toBe('allowed by policy.yaml connections.main.allow')
  expect(JSON.parse(json.text)).toMatchObject({ allowed: true, uncounted: ['addsPerHour'] })
})

test('pin pins the names of the policy, says which allow nothing, and show shows them', async () => {
  await using host = await openHost()
  await using jumpcloud = await startJumpCloud({ users: 10, groups: 6, events: 0 })
  const { groupId } = castOf(jumpcloud)
  const name = jumpcloud.tenant.groups.get(groupId)?.name ?? ''
  await writeFile(host.at('key'), jumpcloud.keys.administrator, { mode: 0o600 })
  const baseUrls = `{ console: '${jumpcloud.url}', api: '${jumpcloud.url}' }`
  const main = `{ baseUrls: ${baseUrls}, credential: { file: ${host.at('key')} } }`
  await writeFile(host.at('config.yaml'), `plane: { url: http://127.0.0.1:9 }\nconnections: { main: ${main} }\n`)
  const policy = host.at('policy.yaml')
  const write = (names: readonly string[]) =>
    writeFile(
      policy,
      `version: 1\nconnections: {main: {allow: [org.get], groups: {allow: ${JSON.stringify(names)}}}}\n`,
    )
  const run = (...args: readonly string[]) => host.run(...args, '--policy', policy)

  await write([name])
  const pinned = await run('policy', 'pin')
  const shown = await run('policy', 'show', '--json')
  const text = await run('policy', 'show')
  await write([name, 'No such group'])
  const broken = await run('policy', 'pin')

  expect(pinned).toMatchObject({ code: 0, text: `main: ${name} is pinned to ${groupId}` })
  expect(JSON.parse(shown.text)).toMatchObject({
    ...{ file: policy, isPanic: false, replicas: 1, jobs: ['org.get'] },
    connections: { main: { allow: ['org.get'], pins: { [name]: groupId } } },
  })
  expect(text).toMatchObject({ code: 0, text: expect.stringContaining(`pins: {"${name}":"${groupId}"}`) })
  expect(broken).toMatchObject({ code: 1, text: expect.stringContaining('main: No such group belongs to no group') })
  expect(await readFile(host.at('pins.json'), 'utf8')).toContain(groupId)
})

test('check names each thing that is wrong on a line of its own', async () => {
  await using host = await openHost()
  const policy = host.at('policy.yaml')
  await writeFile(policy, 'version: 1\nrules: {}\nconnections: {main: {allow: [groups.lst]}}\n')

  const { code, text } = await host.run('policy', 'check', '--policy', policy)

  expect(code).toBe(2)
  expect(text.split('\n')).toEqual([
    'sallyport: policy_invalid: read the policy: 2 problems',
    expect.stringMatching(/^ {2}\S+policy\.yaml:2:1: rules: there is no such key here/),
    expect.stringMatching(/^ {2}\S+policy\.yaml:3:30: connections\.main\.allow: there is no such job/),
  ])
})
