import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeCodes, enrolmentAnswer } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { enrolmentBody, makePeerKey, openPeer } from '../support/agent-peer.ts'
import { runProgram, startProgram } from '../support/program.ts'

const main = 'control-plane/main.ts'

async function setUp() {
  await using parts = new AsyncDisposableStack()
  const directory = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-main-')))
  const configuration = join(directory.path, 'c.yaml')
  await writeFile(configuration, 'listen: { port: 0 }\n')
  const flags = ['--config', configuration, '--state', join(directory.path, 'state')]
  const server = parts.use(startProgram(main, { args: ['start', ...flags] }))
  const { url } = await server.line(({ event }) => event === 'plane.listening')
  const owned = parts.move()
  return {
    server,
    url: String(url),
    verb: (...args: readonly string[]) => runProgram(main, { args: [...args, ...flags] }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

test('notices what another process changes in the store, and ends in order on SIGTERM', async () => {
  await using world = await setUp()
  const made = await world.verb('code', 'create', 'acme', '--json')
  const { key, publicKey } = makePeerKey()
  const answer = await fetch(`${world.url}/v1/enrolments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(enrolmentBody(JSON.parse(made.text).code, publicKey)),
  })
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
