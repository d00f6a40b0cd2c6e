import { readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openIdentityFile } from '../../agent/identity/identity.ts'
import { openHost } from '../support/cli-host.ts'
import { findTraces } from '../support/key-traces.ts'
import { startPlanePeer } from '../support/plane-peer.ts'
import { asService, runProgram, startProgram } from '../support/program.ts'
import { enrolAt } from '../support/running-agent.ts'

const file = 'agent/main.ts'
/** What `openHost` writes into the file of the credential. */
const key = 'jca_0123456789abcdefghijklmnopqrstuv'

/** An agent with a session that has read its key; `script` runs in its process before it. */
async function startAgent(script = '', under: readonly string[] = []) {
  await using parts = new AsyncDisposableStack()
  const plane = parts.use(await startPlanePeer())
  const host = parts.use(await openHost(plane.url))
  await enrolAt(plane, openIdentityFile(host.state))
  await writeFile(host.at('before.mjs'), script)
  const environment = { NODE_OPTIONS: `--import=${host.at('before.mjs')}` }
  const program = parts.use(startProgram(file, { args: ['start', ...host.flags], environment, under }))
  await program.text(/"event":"session\.opened"/)
  const owned = parts.move()
  return { program, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

test.each([
  ['an error', `throw new Error('sign with ${key}')`],
  ['a rejection', `Promise.reject('Basic ${Buffer.from(`:${key}`).toString('base64')}')`],
])('a defect that carries the key, as %s, ends the process and is not printed', async (_, defect) => {
  await using agent = await startAgent(`process.on('SIGUSR2', () => { ${defect} })`)
  const { program } = agent

  program.signal('SIGUSR2')

  expect(await program.ended).toBe(1)
  expect(program.lines).toContain('sallyport: leak_blocked: what was to be said here held a secret')
  expect(findTraces(program.lines.join('\n'), key)).toEqual([])
})

test('another defect is printed with its place, and ends the process', async () => {
  await using agent = await startAgent(`process.on('SIGUSR2', () => { throw new Error('lost count') })`)
  const { program } = agent

  program.signal('SIGUSR2')

  expect(await program.ended).toBe(1)
  expect(program.lines.join('\n')).toMatch(/sallyport: a defect: Error: lost count\n +at .*before\.mjs/)
})

test('a log whose reader stands still does not fill the memory: it loses lines, and says how many', async () => {
  const standing = `let asked = 0
    Object.defineProperty(process.stdout, 'writableLength', { get: () => (asked++ < 2 ? 2 ** 21 : 0) })`
  await using agent = await startAgent(standing)

  expect(agent.program.lines[0]).toMatch(/^{"level":"warn","time":"[^"]+","event":"log\.lines_lost","lineCount":2}$/)
})

test('a signal opens no debugger, and a report that Node was asked for names no variable of the environment', async () => {
  const report = `process.on('SIGUSR2', () => console.error('report ' + Object.keys(process.report.getReport())))`
  await using agent = await startAgent(report)
  const { program } = agent

  program.signal('SIGUSR1')
  program.signal('SIGUSR2')
  const [said] = await program.text(/^report .*/)
  program.signal('SIGTERM')

  expect(await program.ended).toBe(0)
  expect(said).toContain('javascriptHeap')
  expect(said).not.toContain('environmentVariables')
  expect(program.lines.join('\n')).not.toContain('Debugger')
})

test('gives the journal of systemd the priority of each line, and of a defect', async () => {
  await using agent = await startAgent(`process.on('SIGUSR2', () => { throw new Error('lost count') })`, asService)
  const { program } = agent

  program.signal('SIGUSR2')

  expect(await program.ended).toBe(1)
  expect(program.lines).toContainEqual(expect.stringMatching(/^<6>{"level":"info",.*"event":"session\.opened"/))
  expect(program.lines).toContain('<3>sallyport: a defect: Error: lost count')
  expect(program.lines).toContainEqual(expect.stringMatching(/^<3> +at .*before\.mjs/))
})

test('gives no priorities where an environment was handed on, and the output is another', async () => {
  const elsewhere = ['sh', '-c', 'JOURNAL_STREAM=1:1 exec "$@"', 'sh']
  await using agent = await startAgent('', elsewhere)

  expect(agent.program.lines).toContainEqual(expect.stringMatching(/^{"level":"info",/))
  expect(agent.program.lines.join('\n')).not.toMatch(/^<\d>/m)
})

test('ends with 2 where Node was told to open its memory, before it reads any file', async () => {
  const { code, text } = await runProgram(file, {
    args: ['start', '--config', '/nowhere/config.yaml'],
    environment: { NODE_OPTIONS: '--heapsnapshot-signal=SIGUSR2' },
  })

  expect(code).toBe(2)
  expect(text).toContain('Node was told --heapsnapshot-signal')
})

test('listens at no port', async () => {
  await using agent = await startAgent()
  // The control: a server of this process, found in the same way.
  await using plane = await startPlanePeer()

  expect(plane.url).toContain('127.0.0.1')
  expect((await listening(process.pid)).length).toBeGreaterThan(0)
  expect(await listening(agent.program.pid)).toEqual([])
})

/** Local addresses of the TCP sockets at which the process takes connections (proc_pid_net(5)). */
async function listening(pid: number): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`
  const links = await Promise.all((await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')))
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')))
  return tables.flatMap((table) => {
    const rows = table
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
    return rows.flatMap(([, address = '', , state, , , , , , inode]) => {
      return state === '0A' && links.includes(`socket:[${inode}]`) ? [address] : []
    })
  })
}
