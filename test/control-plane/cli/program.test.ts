import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnrolmentCode } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { runProgram } from '../../../control-plane/cli/program.ts'
import { systemRandom } from '../../../control-plane/ports/random.ts'
import { openSqliteStore } from '../../../control-plane/store/sqlite.ts'
import { startControlPlane } from '../../support/control-plane.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { aReplica } from '../store/store-fixtures.ts'

const aGroup = { id: '6026da081f24755306c2ee0d', name: 'Ops', description: null, email: null }

type Env = Readonly<Record<string, string>>

async function setUp() {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-cli-'))
  const configuration = join(directory.path, 'c.yaml')
  const state = join(directory.path, 'state')
  await writeFile(configuration, `state: ${state}\nlisten: { port: 0 }\n`)
  const stop = new AbortController()
  const type = async (args: readonly string[], env: Env = { SALLYPORT_CONTROL_CONFIG: configuration }) => {
    const said = { out: '', err: '' }
    const out = (text: string) => {
      said.out += text
    }
    const terminal = {
      out,
      err: (text: string) => {
        said.err += text
      },
      log: { form: 'json' as const, write: (line: string) => out(`${line}\n`) },
      env,
      user: 'ada',
      clock: createFakeClock(),
      random: systemRandom,
      stop: stop.signal,
    }
    return { code: await runProgram(args, terminal), ...said }
  }
  const open = () => openSqliteStore({ path: join(state, 'store.db') })
  return { directory, configuration, state, stop, type, open, [Symbol.asyncDispose]: directory[Symbol.asyncDispose] }
}

test('prints a code alone on standard output, so that it can be piped', async () => {
  await using world = await setUp()

  const { code, out, err } = await world.type(['code', 'create', 'acme', '--ttl', '5m'])

  expect(code).toBe(0)
  expect(out.split('\n')).toHaveLength(2)
  expect(parseEnrolmentCode(out)).toMatchObject({ id: expect.any(String) })
  expect(err).toContain('for acme, once, until 2026-03-04T05:11:07.123Z')
})

test('says that a control plane begins where there was none, once', async () => {
  await using world = await setUp()

  const first = await world.type(['agent', 'list'])
  const second = await world.type(['agent', 'list'])

  expect(first).toMatchObject({
    code: 0,
    err: expect.stringContaining(`${world.state} was empty; a new control plane`),
  })
  expect(second).toMatchObject({ code: 0, err: '' })
})

test('what administrators do is in the audit log with who did it', async () => {
  await using world = await setUp()
  const made = JSON.parse((await world.type(['code', 'create', 'acme', '--json'])).out)

  await world.type(['code', 'revoke', '--', made.id])
  await world.type(['agent', 'disable', 'acme'])
  await world.type(['agent', 'revoke', 'acme'])

  await using store = await world.open()
  expect((await store.audit.list({ limit: 9 })).map(({ actor, action }) => `${actor} ${action}`)).toEqual([
    'cli:ada agent.deleted',
    'cli:ada agent.disabled',
    'cli:ada code.revoked',
    'cli:ada code.created',
  ])
})

test('makes, lists and revokes tokens, and lists never show them', async () => {
  await using world = await setUp()
  const create = ['token', 'create', 'ops', '--scope', 'runs:read', '--scope', 'runs:write@acme', '--ttl', '30d']

  const { out } = await world.type(create)
  const again = await world.type(create)
  await world.type(['token', 'revoke', 'ops'])
  const list = await world.type(['token', 'list'])

  expect(out).toMatch(/^spt_[A-Za-z0-9_-]{43}\n$/)
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('name_taken') })
  expect(list.out).toContain('runs:read,runs:write@acme')
  expect(list.out).not.toContain('spt_')
  expect(JSON.parse((await world.type(['token', 'list', '--json'])).out)).toMatchObject({
    tokens: [{ name: 'ops', revokedAt: '2026-03-04T05:06:07.123Z' }],
  })
})

test('lists agents and replicas, and revokes one', async () => {
  await using world = await setUp()
  const { id } = JSON.parse((await world.type(['code', 'create', 'acme', '--json'])).out)
  await using store = await world.open()
  const replica = { id: 'rp_one', agent: 'acme', publicKey: 'k', version: '0.1.0', createdAt: 0, revokedAt: null }
  await store.codes.use({
    id,
    at: 0,
    request: '',
    answer: '',
    replica: { ...aReplica, ...replica },
  })

  expect((await world.type(['agent', 'list'])).out).toContain('acme')
  await store.replicas.told('rp_one', 'lost')
  expect((await world.type(['agent', 'list'])).out).toContain('rp_one lost')
  expect((await world.type(['replica', 'revoke', 'rp_one'])).code).toBe(0)
  expect(JSON.parse((await world.type(['replica', 'list', 'acme', '--json'])).out)).toMatchObject({
    replicas: [{ id: 'rp_one', revokedAt: '2026-03-04T05:06:07.123Z' }],
  })
  expect(await world.type(['replica', 'revoke', 'rp_two'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('replica_unknown'),
  })
})

test('runs a job over HTTP and prints its rows', async () => {
  await using world = await setUp()
  await using plane = await startControlPlane()
  await using peer = await plane.connect('acme')
  const env = { SALLYPORT_CONTROL_TOKEN: await plane.token('runs:write', 'runs:read') }

  const printed = world.type(['run', 'acme', 'groups.list', '{"name":"Ops"}', '--url', plane.url, '--ttl', '1m'], env)
  const order = await peer.order()
  peer.answer(order, [aGroup])

  expect(order).toMatchObject({ job: 'groups.list', params: { name: 'Ops' }, requester: 'token-1' })
  expect(await printed).toEqual({
    code: 0,
    out: `${JSON.stringify(aGroup)}\n`,
    err: `Run ${order.id} is done: 1 rows.\n`,
  })
})

test('ends with the error of a run that failed, as JSON where that was asked for', async () => {
  await using world = await setUp()
  await using plane = await startControlPlane()
  await using peer = await plane.connect('acme')
  const file = join(world.directory.path, 'token')
  await writeFile(file, `${await plane.token('runs:write', 'runs:read')}\n`)

  const printed = world.type(['--json', 'run', 'acme', 'org.get', '--url', plane.url, '--token-file', file])
  const { id: run, attempt } = await peer.order()
  const error = { code: 'policy_denied', message: 'org.get is not allowed', rule: 'connections.main.allow' }
  peer.send({ type: 'refused', run, attempt, error })

  const { code, out, err } = await printed
  expect({ code, out, said: JSON.parse(err) }).toEqual({
    code: 1,
    out: '',
    said: { error: { ...error, fault: 'customer', retry: false } },
  })
})

test.for([
  [['bogus'], 2, 'unknown command'],
  [['code', 'create'], 2, 'missing required argument'],
  [['code', 'create', 'acme', '--ttl', 'soon'], 2, '90s, 15m, 12h or 30d'],
  [['code', 'create', 'Acme!'], 2, 'request_invalid'],
  [['agent', 'disable', 'nobody'], 1, 'agent_unknown'],
  [['token', 'create', 'ops', '--scope', 'all', '--ttl', '1d'], 2, 'a scope is one of'],
  [['agent', 'list', '--config', '/nowhere/c.yaml'], 2, 'there is no such file'],
  [['run', 'acme', 'org.get', '{'], 2, 'the params are not JSON'],
  [['run', 'acme', 'org.get'], 2, 'SALLYPORT_CONTROL_TOKEN'],
  [['run', 'acme', 'org.get', '--url', '127.0.0.1:7420'], 2, 'read --url: '],
  [['run', 'acme', 'org.get', '--token-file', '/dev/null'], 2, 'holds no API token'],
  [['replica', 'list', 'nobody'], 1, 'agent_unknown'],
] as const)('%j ends with %i and says why', async ([args, code, why]) => {
  await using world = await setUp()

  expect(await world.type(args)).toMatchObject({ code, err: expect.stringContaining(why) })
})

test('rotates the key once at a time, and notes it', async () => {
  await using world = await setUp()

  const { code, out } = await world.type(['key', 'rotate', '--overlap', '1h', '--json'])
  const again = await world.type(['key', 'rotate'])

  await using store = await world.open()
  expect({ code, said: JSON.parse(out) }).toMatchObject({ code: 0, said: { from: '2026-03-04T06:06:07.123Z' } })
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining('another rotation is under way') })
  expect(await store.audit.list({ limit: 9 })).toMatchObject([
    { actor: 'cli:ada', action: 'key.rotated', target: JSON.parse(out).nextKid },
  ])
})

test('makes a back-up, notes it, and says how it is put back', async () => {
  await using world = await setUp()
  await world.type(['code', 'create', 'acme'])
  const copy = join(world.directory.path, 'copy')

  const { code, out } = await world.type(['backup', copy])
  const restored = await world.type(['agent', 'list', '--state', copy])

  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('copy them into an empty state directory') })
  expect(restored).toMatchObject({ code: 0, out: expect.stringContaining('acme'), err: '' })
  await using store = await world.open()
  expect(await store.audit.list({ limit: 1 })).toMatchObject([{ action: 'backup.made', target: copy }])
})

test('serves until it is told to stop', async () => {
  await using world = await setUp()
  const started = world.type(['start'])

  world.stop.abort()

  const { code, out } = await started
  expect(code).toBe(0)
  expect(out.split('\n').map((line) => (line === '' ? '' : JSON.parse(line).event))).toEqual([
    'plane.listening',
    'plane.stopping',
    '',
  ])
})

test('says its version and ends with 0', async () => {
  await using world = await setUp()

  expect(await world.type(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' })
})
