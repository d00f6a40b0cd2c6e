// The container part of the README, word for word, on a Docker engine: from the build to the run of a job, and what becomes of
// an agent in a container when something goes wrong there.

import { chown, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { standIns } from '../support/container-site.ts'
import { startDockerEngine } from '../support/docker-engine.ts'
import { blocksIn, linesOf } from '../support/documented-commands.ts'
import { memoryGroupOf, startFilling } from '../support/memory-group.ts'
import { shareContainerSite } from '../support/share-container-site.ts'
import { until } from '../support/until.ts'

const agentProgram = '/usr/lib/sallyport/sallyport'
const site = shareContainerSite(startDockerEngine)

const compose = (...words: readonly string[]) => site().engine.compose(site().checkout.containers, ...words)
const agent = (...words: readonly string[]) => compose('exec', '-T', 'agent', agentProgram, ...words)
const idOfAgent = () => compose('ps', '--all', '--quiet', 'agent')
const inspectAgent = async (format: string) => await site().inspect(await idOfAgent(), format)
const isReady = () => until(async () => (await agent('health').catch(() => '')) === 'ready')

/** Its network is another one each time that it was started. */
async function startJumpCloud(): Promise<void> {
  await site().startJumpCloud(await inspectAgent('.State.Pid'))
}

test('the image is nobody in particular, and has no shell', async () => {
  const shell = await site().engine.attempt('run', '--rm', '--entrypoint', '/bin/sh', 'sallyport', '-c', 'true')

  expect(await site().inspect('sallyport', '.Config.User')).toBe('10001:10001')
  expect(shell.code).not.toBe(0)
  expect(await site().engine.docker('run', '--rm', '--read-only', '--cap-drop=ALL', 'sallyport', '--version')).toBe(
    '0.1.0',
  )
})

test.each(['sallyport', 'sallyport-control'])(
  '%s is small, and runs as a user who has no name in it',
  async (image) => {
    const closed = ['--rm', '--read-only', '--cap-drop=ALL', '--user', '12345:12345']

    expect(await site().engine.docker('run', ...closed, image, '--version')).toBe('0.1.0')
    expect(Number(await site().inspect(image, '.Size'))).toBeLessThan(150 * 1000 * 1000)
  },
)

test('the control plane starts with the code cache of the build, as the user that it is', async () => {
  const closed = ['--read-only', '--cap-drop=ALL', '-e', 'NODE_DEBUG_NATIVE=COMPILE_CACHE']
  const { code, complaints } = await site().engine.attempt('run', '--rm', ...closed, 'sallyport-control', '--version')

  expect(code).toBe(0)
  expect(complaints).toMatch(/V8 code cache for CommonJS .* was accepted/)
})

test('the image of the release is loaded as the operations say, and is the one that is built', async () => {
  const page = await readFile(join(site().checkout.folder, 'docs/operations.md'), 'utf8')
  const [line = ''] = /docker load [^`]*/.exec(page) ?? []
  await site().engine.type(line.replaceAll('VERSION', '0.1.0'), join(site().checkout.folder, 'dist/release'))
  const loaded = [await settingsOf('sallyport'), await filesOf('sallyport')]

  await site().give('docker build')

  expect(
    await site().engine.docker('run', '--rm', '--read-only', '--cap-drop=ALL', 'sallyport:0.1.0', '--version'),
  ).toBe('0.1.0')
  expect(loaded).toEqual([await settingsOf('sallyport'), await filesOf('sallyport')])
})

async function settingsOf(image: string): Promise<unknown> {
  const { Env, ArgsEscaped: _, ...settings } = JSON.parse(await site().inspect(image, 'json .Config'))
  // A builder adds where programs are looked for, and a word about Windows.
  return { ...settings, Env: Env.filter((variable: string) => !variable.startsWith('PATH=')) }
}

/** Mode, owner, size and path of each, of a container of it that never ran. */
async function filesOf(image: string): Promise<readonly string[]> {
  const id = await site().engine.docker('create', image)
  const archive = join(site().checkout.folder, 'image.tar')
  await site().engine.docker('export', '--output', archive, id)
  await site().engine.docker('rm', id)
  const list = await site().engine.type(`tar -tv --numeric-owner -f ${archive}`, site().checkout.folder)
  return list.split('\r\n').map((line) => line.replace(/ \d{4}-\d\d-\d\d \d\d:\d\d /, ' '))
}

test('the commands of the README bring an agent from its code to a job', async () => {
  await writeFile(join(site().checkout.folder, 'jumpcloud.key'), site().jumpcloudKey)
  await site().give('install -D')

  const enrolled = await site().give('enrol', `${await site().plane.code()}\r`)
  await site().give('up -d')
  await startJumpCloud()
  await isReady()
  const diagnosis = await site().give('doctor')

  expect(enrolled).toMatch(/enrolled as replica \S+ of agent acme/)
  expect(diagnosis).toMatch(/^RESULT (ok|warn)\r?$/m)
  expect(await site().plane.run()).toHaveLength(3)
  expect(await agent('status')).toContain('1 done')
})

test('the agent runs as a user of its own, without a capability, on a root that it cannot write', async () => {
  const id = await idOfAgent()
  const status = await readFile(`/proc/${await site().inspect(id, '.State.Pid')}/status`, 'utf8')

  expect(status).toMatch(/^Uid:\s+10001\s+10001\s+10001\s+10001$/m)
  expect(status).toMatch(/^CapEff:\s+0+$/m)
  expect(status).toMatch(/^CapBnd:\s+0+$/m)
  expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
  expect(await site().inspect(id, '.HostConfig.ReadonlyRootfs')).toBe('true')
})

test('its own health check says that it lives', async () => {
  const check = JSON.parse(await inspectAgent('json .Config.Healthcheck'))

  expect(check).toMatchObject({ Test: ['CMD', agentProgram, 'health', '--live'], Timeout: 10 * 1_000_000_000 })
  expect(await agent('health', '--live')).toBe('live')
})

const replica = async () => /replica (\S+),/.exec(await agent('status'))?.[1]

test('it stops in order, and goes on as the same replica', async () => {
  const before = await replica()

  await compose('stop', 'agent')
  const code = await inspectAgent('.State.ExitCode')
  await compose('start', 'agent')
  await isReady()

  expect(code).toBe('0')
  expect(await replica()).toBe(before)
})

test('past the limit of memory the kernel ends it, and it is started again and takes the next job', async () => {
  const [id, before] = [await idOfAgent(), await replica()]
  const pid = await site().inspect(id, '.State.Pid')
  await writeFile(`/proc/${pid}/oom_score_adj`, '1000')
  const fill = startFilling(await memoryGroupOf(pid))

  await until(
    async () =>
      (await site().inspect(id, '.State.Pid')) !== pid && (await site().inspect(id, '.State.Running')) === 'true',
  )
  await startJumpCloud()
  await isReady()

  expect(Number(await site().inspect(id, '.HostConfig.Memory'))).toBe(256 * 1024 * 1024)
  expect(await replica()).toBe(before)
  expect(await site().plane.run()).toHaveLength(3)
  expect(await fill).toBe('SIGKILL')
})

/** Of a container of the image that has the files of the first, and ends by itself. */
async function endOf(...words: readonly string[]): Promise<{ readonly code: string; readonly says: string }> {
  const { containers } = site().checkout
  const mounts = ['-v', `${containers}/etc:/etc/sallyport:ro`, '-v', `${containers}/secrets:/run/secrets:ro`]
  const id = await site().engine.docker('run', '-d', '--read-only', '--cap-drop=ALL', ...mounts, ...words)
  const code = await site().engine.docker('wait', id)
  const { out, complaints } = await site().engine.attempt('logs', id)
  await site().engine.docker('rm', id)
  return { code, says: `${out}${complaints}` }
}

test('a second one on the same volume is refused, and leaves the first alone', async () => {
  const volume = await inspectAgent('range .Mounts}}{{.Name}}{{end')
  const second = await endOf('-v', `${volume}:/var/lib/sallyport`, 'sallyport', 'start')

  expect(second).toEqual({ code: '2', says: expect.stringContaining('another agent runs on this state directory') })
  expect(await agent('health')).toBe('ready')
})

test('without its volume it says that it has to be enrolled', async () => {
  expect(await endOf('sallyport', 'start')).toEqual({
    code: '2',
    says: expect.stringMatching(/this host is not enrolled\. .* run "sallyport enrol /),
  })
})

test('of a key that it may not read it says who has to be let', async () => {
  const key = join(site().checkout.containers, 'secrets/main')
  await chown(key, 0, 0)
  const { code, says } = await endOf('sallyport', 'doctor', '--offline')
  await chown(key, 10001, 10001)

  expect(code).toBe('1')
  expect(says).toMatch(/^FAIL +key\.source:main .*let the user of the agent read it where it is mounted from/m)
  expect(says).toMatch(/do: +Write the new secret to where \/run\/secrets\/main is mounted from/)
})

test('one that hangs fails its health check, which says why', async () => {
  const id = await idOfAgent()
  const pid = Number(await site().inspect(id, '.State.Pid'))
  const check = async () => JSON.parse(await site().inspect(id, 'json .State.Health.Log')).at(-1)
  process.kill(pid, 'SIGSTOP')
  await until(async () => (await check())?.ExitCode === 1)
  const { Output: says } = await check()
  process.kill(pid, 'SIGCONT')

  expect(says).toContain('it did not answer within 5 s')
  expect(await agent('health', '--live')).toBe('live')
})

test('a policy that an editor replaces is the one that counts', async () => {
  const policy = join(site().checkout.containers, 'etc/policy.yaml')
  await writeFile(`${policy}.new`, 'version: 1\nconnections:\n  main:\n    allow: [org.get]\n')
  await rename(`${policy}.new`, policy)

  // The agent looks every few seconds.
  const runEnds = async () =>
    String(
      await site()
        .plane.run()
        .catch((error: unknown) => error),
    )
  await until(async () => (await runEnds()).includes('policy_denied'))

  expect(await agent('policy', 'show')).toContain('org.get')
})

test('taken away as the operations say, it leaves nothing', async () => {
  const page = await readFile(join(site().checkout.folder, 'docs/operations.md'), 'utf8')
  const [block = ''] = blocksIn(page, '').filter((one) => one.includes('down --volumes'))
  const told: string[] = []
  for (const line of linesOf(block)) told.push(await site().engine.type(line, site().checkout.folder))

  expect(told[1]).toContain('deregistered. Revoke the JumpCloud key')
  expect(await idOfAgent()).toBe('')
  expect(await site().engine.docker('volume', 'ls', '--quiet', '--filter', 'name=_state')).toBe('')
})

test('the other compose file brings a control plane too', async () => {
  await compose('stop')
  await site().checkout.configure(
    new Map([...standIns, ['https://control.example.com }', 'http://127.0.0.1:7420 }']]),
    ['groups.list'],
  )
  const both = (...words: readonly string[]) => compose('-p', 'both', '-f', 'compose.with-plane.yaml', ...words)
  const control = ['exec', '-T', 'plane', '/usr/bin/node', '/usr/lib/sallyport-control/sallyport-control.cjs']
  const code = async () => (await both(...control, 'code', 'create', 'acme').catch(() => '')).split('\n')[0] ?? ''

  await both('up', '-d', 'plane')
  await until(async () => (await code()) !== '')
  await both('run', '--rm', '-T', 'agent', 'enrol', '--plane', 'http://127.0.0.1:7420', '--code', await code())
  await both('up', '-d')

  await until(async () => (await both('exec', '-T', 'agent', agentProgram, 'health').catch(() => '')) === 'ready')
})
