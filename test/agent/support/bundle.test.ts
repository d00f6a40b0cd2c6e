import { appendFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../../agent/cli/run.ts'
import { openLedger } from '../../../agent/ledger/ledger.ts'
import { createLog } from '../../../agent/log.ts'
import { systemClock } from '../../../agent/ports/clock.ts'
import { bundleParts } from '../../../agent/support/bundle.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { commandHost } from '../../support/command-host.ts'
import { type DoctorWorld, openDoctorWorld } from '../../support/doctor-world.ts'

async function supportBundle({ at, flags }: DoctorWorld, environment = {}) {
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const host = commandHost({ environment, print: say, complain: say })
  const words = ['support-bundle', '--offline', '--out', at('bundle.json')]
  const code = await run(['node', 'sallyport', ...words, ...flags], host)
  const text = await readFile(at('bundle.json'), 'utf8').catch(() => undefined)
  return { code, said: said.join('\n'), text, bundle: text === undefined ? undefined : JSON.parse(text) }
}

const requester = 'somebody@vendor.example'
const target = '5f0c1e2d3a4b5c6d7e8f9a0b'

async function writeLedger({ at, identityFile }: DoctorWorld): Promise<void> {
  const guard = createLeakGuard()
  const log = createLog({ level: 'error', write: () => {}, guard, clock: systemClock })
  const settings = { fileBytes: 1e6, fileMs: 1e9, keepMs: 1e12, keepBytes: 1e9 }
  const own = { stateDirectory: at('state'), guard, clock: systemClock, log, settings }
  await using ledger = await openLedger({ ...own, identity: await identityFile.read() })
  const run = { run: 'run-1', attempt: 1 }
  const order = { ...run, digest: 'd'.repeat(64), job: 'groups.list', connection: 'main', requester }
  ledger.add({ kind: 'run.accepted', ...order, doubtful: false, effect: 'read', rule: null })
  ledger.add({ kind: 'change.intended', ...run, target })
  const call = { operation: 'list groups', method: 'GET', path: `/api/v2/usergroups/${target}` }
  ledger.add({ kind: 'jumpcloud.called', ...run, connection: 'main', ...call, status: 200, code: null })
  await ledger.close()
}

test('is one file for its owner alone, which says what it holds, and holds each part', async () => {
  await using world = await openDoctorWorld()
  await writeLedger(world)
  await appendFile(world.at('policy.yaml'), ' # \u009b2J\u202e')

  const { code, said, text, bundle } = await supportBundle(world)

  expect(code).toBe(0)
  expect((await stat(world.at('bundle.json'))).mode & 0o777).toBe(0o600)
  expect(said).toContain('it was sent to nobody')
  expect(text).toMatch(/^[\x20-\x7e\n]+$/)
  for (const part of Object.keys(bundleParts)) expect(said).toMatch(new RegExp(`^  ${part} `, 'm'))
  expect(Object.keys(bundle)).toEqual(expect.arrayContaining(Object.keys(bundleParts)))
  expect(bundle).toMatchObject({
    doctor: { failed: ['agent.running'] },
    configuration: { connections: { main: { credential: { source: `file ${world.at('key')}` } } } },
    policy: {
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      connections: { main: { allow: ['org.get', 'users.list'] } },
    },
    status: { error: expect.stringContaining('agent_unreachable') },
    state: expect.arrayContaining([expect.objectContaining({ name: 'identity.json', mode: '0600' })]),
    ledger: expect.arrayContaining([expect.objectContaining({ kind: 'jumpcloud.called', status: 200 })]),
  })
})

test('holds no secret, no argument of a program, no user name of a proxy, no requester and no id of an object', async () => {
  await using world = await openDoctorWorld()
  await writeLedger(world)
  const proxy = { url: 'http://proxy.example:3128', username: 'proxy-user', password: { env: 'PROXY_PASSWORD' } }
  const credential = { exec: ['/bin/cat', world.at('key'), '/dev/null'] }
  await world.configure({ plane: { url: 'https://plane.example.com', proxy }, main: { credential } })

  const { text = '' } = await supportBundle(world, { PROXY_PASSWORD: 'open-sesame-open-sesame' })

  const { key } = await world.identityFile.read()
  const hidden = [
    world.jumpcloud.keys.administrator,
    key.d,
    'open-sesame',
    'proxy-user',
    '/dev/null',
    requester,
    target,
  ]
  expect(hidden.filter((one) => text.includes(one))).toEqual([])
  expect(text).toContain('"source": "program /bin/cat"')
  expect(text).toContain('"password": "environment variable PROXY_PASSWORD"')
})

test('is not written where a secret stands in what is named in it', async () => {
  await using world = await openDoctorWorld()
  const file = world.at(world.jumpcloud.keys.administrator)
  // A key may have slashes in it.
  await mkdir(dirname(file), { recursive: true })
  await rename(world.at('key'), file)
  await world.configure({ main: { credential: { file } } })

  const { code, said, text } = await supportBundle(world)

  expect(code).toBe(1)
  expect(said).toMatch(/leak_blocked: write the support bundle: it would hold the secret of main, as /)
  expect(text).toBeUndefined()
})

test('takes the place of no file', async () => {
  await using world = await openDoctorWorld()
  await writeFile(world.at('bundle.json'), '"mine"')

  expect(await supportBundle(world)).toMatchObject({ code: 2, said: expect.stringContaining('it is there already') })
  expect(await readFile(world.at('bundle.json'), 'utf8')).toBe('"mine"')
})

test('is made of what can be read where the configuration cannot', async () => {
  await using world = await openDoctorWorld()
  await rm(world.at('config.yaml'))

  const { code, bundle } = await supportBundle(world)

  expect(code).toBe(0)
  const error = expect.stringContaining('configuration_invalid: ')
  expect(bundle).toMatchObject({ configuration: { error }, policy: { error }, doctor: { failed: ['config.valid'] } })
})

/** Secrets that no guard knows, each where somebody might leave one. */
async function scatter({ at, configure, jumpcloud }: DoctorWorld): Promise<Readonly<Record<string, string>>> {
  await mkdir(at('state/secrets'), { mode: 0o700 })
  await writeFile(at('state/secrets/stray-01'), 'stray-02', { mode: 0o600 })
  await writeFile(at('state/stray-03'), 'stray-04', { mode: 0o600 })
  await writeFile(at('state/panic'), 'stray-05', { mode: 0o600 })
  await writeFile(at('password'), 'stray-06-stray-06', { mode: 0o600 })
  await writeFile(at('service'), 'stray-07-stray-07-stray-07', { mode: 0o600 })
  const { url } = jumpcloud
  const proxy = { url: 'http://proxy.example:3128', username: 'stray-08', password: { file: at('password') } }
  const writer = { kind: 'service_account', clientId: 'stray-09', file: at('service') }
  const credential = { exec: ['/bin/echo', 'stray-10', '--token=stray-11'] }
  await configure({ plane: { url: 'https://plane.example.com', proxy }, main: { credential, writer, proxy: 'none' } })
  const configuration = await readFile(at('config.yaml'), 'utf8')
  await writeFile(at('config.yaml'), `# stray-12\n${configuration} # stray-13\n`)
  await writeFile(
    at('policy.yaml'),
    '# stray-14\nversion: 1\nconnections: # stray-15\n  main: { allow: [org.get] } # stray-16\n',
  )
  const proxies = { HTTPS_PROXY: `http://stray-17:stray-18@127.0.0.1:9`, NO_PROXY: new URL(url).host }
  return { ...proxies, SALLYPORT_TOKEN: 'stray-19', DATABASE_URL: 'postgres://u:stray-20@h/d', AWS_SECRET: 'stray-21' }
}

test('is made of what is named alone: of what somebody left in odd places nothing is in it', async () => {
  await using world = await openDoctorWorld()
  const environment = await scatter(world)

  const { code, text = '', bundle } = await supportBundle(world, environment)

  expect(code).toBe(0)
  expect(bundle).toMatchObject({ policy: { connections: {} }, configuration: { connections: { main: {} } } })
  expect(text.match(/stray-\d+/g) ?? []).toEqual([])
})
