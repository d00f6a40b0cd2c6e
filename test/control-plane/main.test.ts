import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeCodes, enrolmentAnswer } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { enrolmentBody, makePeerKey, openPeer } from '../support/agent-peer.ts'
import { asService, onTerminal, type ProgramOptions, runProgram, startProgram } from '../support/program.ts'

const main = 'control-plane/main.ts'

async function setUp(options: Pick<ProgramOptions, 'under' | 'environment'> = {}) {
  await using parts = new AsyncDisposableStack()
  const directory = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-main-')))
  const configuration = join(directory.path, 'c.yaml')
  await writeFile(configuration, 'listen: { port: 0 }\n')
  const flags = ['--config', configuration, '--state', join(directory.path, 'state')]
  const server = parts.use(startProgram(main, { args: ['start', ...flags], ...options }))
  const [, url] = await server.text(/plane\.listening.*?(http:[\w./:]+)/)
  const owned = parts.move()
  return {
    server,
    url: String(url),
    verb: (...args: readonly string[]) => runProgram(main, { args: [...args, ...flags] }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function enrol(url: string, ...[code, publicKey]: Parameters<typeof enrolmentBody>): Promise<Response> {
  return await fetch(`${url}/v1/enrolments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(enrolmentBody(code, publicKey)),
  })
}

test('notices what another process changes in the store, and ends in order on SIGTERM', async () => {
  await using world = await setUp()
  const made = await world.verb('code', 'create', 'acme', '--json')
  const { key, publicKey } = makePeerKey()
  const answer = await enrol(world.url, JSON.parse(made.text).code, publicKey)
  const { replica } = enrolmentAnswer.parse(await answer.json())
  await using peer = await openPeer(world.url, { agent: 'acme', replica, key, counter: 0 })

  expect(await world.verb('agent', 'disable', 'acme')).toMatchObject({ code: 0 })
  expect(await peer.closed).toMatchObject({ code: closeCodes.agent_disabled.code })

  world.server.signal('SIGTERM')
  expect(await world.server.ended).toBe(0)
})

test('a verb that fails says why on standard error, once', async () => {
  await using world = await setUp()

  const { code, text } = await world.verb('token', 'revoke', 'nobody')

  expect(code).toBe(1)
  expect(text).toBe(
    'sallyport-control: revoke token nobody: there is none of this name.\n  token_unknown, to be mended by: caller',
  )
})

test('gives the journal of systemd the priority of each line', async () => {
  await using world = await setUp({ under: asService })

  expect(world.server.lines).toContainEqual(expect.stringMatching(/^<6>{"level":"info",.*"event":"plane\.listening"/))
})

test('a log whose reader stands still does not fill the memory: it loses lines, and says how many', async () => {
  const standing = `let asked = 0
    Object.defineProperty(process.stdout, 'writableLength', { get: () => (asked++ === 1 ? 2 ** 21 : 0) })`
  const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(standing)}` }
  await using world = await setUp({ environment })

  const { code } = JSON.parse((await world.verb('code', 'create', 'acme', '--json')).text)
  for (const key of [makePeerKey(), makePeerKey()]) await enrol(world.url, code, key.publicKey)

  const { lineCount } = await world.server.line(({ event }) => event === 'log.lines_lost')
  expect(lineCount).toBe(1)
  expect(world.server.lines.join('\n')).toContain('enrolment.refused')
  expect(world.server.lines.join('\n')).not.toContain('replica.enrolled')
})

test.each([
  ['with colours', {}, expect.stringContaining('\u001b[36minfo \u001b[39m plane.listening ')],
  [
    'without colours where nobody wants them',
    { NO_COLOR: '1' },
    expect.stringMatching(/^\S+Z info {2}plane\.listening /),
  ],
])('a person at a terminal reads its log as lines, %s', async (_, environment, listening) => {
  await using world = await setUp({ under: onTerminal, environment: { TERM: 'xterm', ...environment } })

  expect(world.server.lines).toContainEqual(listening)
})
