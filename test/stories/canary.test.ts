// A secret of its own lies in every source, and each is looked for, in every form, in all that left the process: it is where it
// belongs, which shows that the search sees it, and nowhere else.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CanaryWorld, placesOf, startCanaryWorld } from '../support/canary-world.ts'

const requester = `vendor-${randomBytes(12).toString('hex')}`
type Named = Readonly<Record<string, string>>
const stage: { world?: CanaryWorld; canaries?: Named; places?: Named } = {}
/** Sources are looked at every few seconds. */
const patienceMs = 120_000
const there = <Part>(part: Part | undefined): Part => {
  if (part === undefined) throw new Error('it is there while tests run, not before')
  return part
}
const connections = ['systemd', 'account', 'mount', 'keychain', 'exec', 'env']

/** Each connection reads, is refused and meets broken answers, while JumpCloud repeats what it was shown. */
async function liveThroughAll(world: CanaryWorld): Promise<void> {
  const { run, jumpcloud } = world
  const echo = jumpcloud.levers.echoKey({})
  const nobody = '0123456789abcdef01234567'
  for (const connection of connections) {
    expect((await run('groups.list', {}, { connection })).state, connection).toBe('done')
    await run('users.get', { userId: nobody }, { connection })
    const faults = [
      jumpcloud.levers.answerStatus({ status: 403, json: { message: 'no' }, path: '/api/systemusers' }),
      jumpcloud.levers.badBody({ what: 'malformed', path: '/api/v2/usergroups' }),
    ]
    for (const job of ['users.list', 'groups.list']) await run(job, {}, { connection })
    for (const fault of faults) fault.release()
  }
  echo.release()
  await change(world)
  const { 'one-time code': _, ...held } = world.canaries
  for (const [name, text] of Object.entries(held)) {
    const ends = await Promise.all(encodings.map((encoding, index) => plant(world, { text, encoding, index })))
    expect(ends, name).toEqual(encodings.map(() => 'leak_blocked'))
  }
}

async function change({ run, jumpcloud }: CanaryWorld): Promise<void> {
  const [, group] = jumpcloud.tenant.groups.all
  const userIds = jumpcloud.tenant.users.all.slice(0, 2).map(({ _id }) => String(_id))
  const changed = await run('groups.members.add', { groupId: group?.id, userIds }, { connection: 'account' })
  expect(changed).toMatchObject({ state: 'done', error: null })
}

const encodings = ['raw', 'base64', 'base64url', 'hex', 'uri'] as const

type Plant = { readonly text: string; readonly encoding: (typeof encodings)[number]; readonly index: number }

/** A row of one connection that holds a secret, of whatever connection it is; gives what the run ended with. */
async function plant({ run, jumpcloud }: CanaryWorld, { text, encoding, index }: Plant) {
  const groupId = String(jumpcloud.tenant.groups.all[index]?.id)
  const planted = jumpcloud.levers.plantKey({ key: text, groupId, encoding })
  const { error } = await run('groups.get', { groupId }, { connection: 'mount' })
  planted.release()
  return error?.code
}

/** Two more keys come to the agent: one that JumpCloud does not know, and one that takes over. */
async function swap({ run, program, jumpcloud, mount }: CanaryWorld) {
  const refused = `jca_${randomBytes(20).toString('hex')}~~~???>>+/%`
  const { secret: taken } = jumpcloud.issue({ name: 'successor' })
  const isOfMount = (event: string) => (line: Readonly<Record<string, unknown>>) =>
    line.event === event && line.connection === 'mount'
  const echo = jumpcloud.levers.echoKey({})

  await mount(refused)
  await program.line(isOfMount('credential.alarm'))
  const before = program.lines.length
  await mount(taken)
  await program.line(isOfMount('credential.taken'), before)

  expect((await run('groups.list', {}, { connection: 'mount' })).state).toBe('done')
  echo.release()
  return { 'API key that JumpCloud refuses': refused, 'API key that takes over': taken }
}

const commands = [
  ['token', 'list'],
  ['token', 'list', '--json'],
  ['token', 'test'],
  ['token', 'set', 'nobody'],
  ['token', 'test', 'systemd', '--json'],
  ['egress'],
  ['egress', '--json'],
  ['policy', 'show'],
  ['policy', 'check'],
  ['ledger', 'verify'],
  ['ledger', 'export'],
  ['doctor', '--explain'],
  ['doctor', '--json'],
]

beforeAll(async () => {
  const world = await startCanaryWorld(requester)
  stage.world = world
  await liveThroughAll(world)
  const successors = await swap(world)
  const setByHand = `jca_${randomBytes(20).toString('hex')}~~~???>>+/%`
  await world.command(['token', 'set', 'env'], setByHand)
  for (const words of commands) await world.command(words)
  await world.command(['support-bundle', '--out', world.at('bundle.json')])
  stage.canaries = { ...world.canaries, ...successors, 'API key that a command put there': setByHand }
  stage.places = await world.places()
}, patienceMs)

afterAll(async () => await stage.world?.[Symbol.asyncDispose]())

const jumpcloud = 'the way to JumpCloud'

test.each([
  ['API key of a systemd credential', [jumpcloud]],
  ['client secret of a file', [jumpcloud]],
  ['API key of a file, for changes', [jumpcloud]],
  ['access token of the service account', [jumpcloud]],
  ['API key of a shared mount', [jumpcloud]],
  ['API key that JumpCloud refuses', [jumpcloud]],
  ['API key that takes over', [jumpcloud]],
  ['API key of the keychain', [jumpcloud]],
  ['API key of a program', [jumpcloud]],
  ['API key of an environment variable', [jumpcloud, 'environment of the agent']],
  ['password of the proxy to the control plane', ['the proxy to the control plane']],
  ['password of the proxy to JumpCloud', ['the proxy to JumpCloud']],
  ['API key that a command put there', ['files of the agent']],
  ['key of the replica', ['files of the agent']],
  // Who made it has to know it.
  ['one-time code', ['files of the control plane']],
])('%s: found where it belongs and nowhere else', (name, belongs) => {
  const text = there(stage.canaries)[name] ?? ''

  expect(text.length).toBeGreaterThan(20)
  expect(placesOf(text, there(stage.places))).toEqual(belongs)
})

test('every secret was looked for', () => {
  expect(Object.keys(there(stage.canaries))).toHaveLength(15)
})

test('the search sees what is no secret in every place where a secret could be', () => {
  const places = there(stage.places)

  expect(placesOf(requester, places)).toEqual([
    'the way to the control plane',
    'output of the agent',
    'output of commands',
    'files of the agent',
    'files of the control plane',
  ])
  expect(places['environment and arguments of its child']).toContain('VAULT_ADDRESS=https://vault.example.com\n')
  expect(places['environment and arguments of its child']).toContain('child.note\n')
  expect(places['arguments of the agent']).toContain('config.yaml')
  expect(places['output of the control plane']).toContain('plane.listening')
})

test('the support bundle was written, and is one of the places', () => {
  expect(there(stage.places)['files of the agent']).toContain('sallyport-support-bundle/1')
})
