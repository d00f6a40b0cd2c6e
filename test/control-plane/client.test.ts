import { createServer, type RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { createClient, RunFailed } from '../../control-plane/client.ts'
import { startControlPlane } from '../support/control-plane.ts'

async function setUp() {
  const world = await startControlPlane({ prefix: '/sallyport' })
  await world.plane.administration.createCode('test', 'acme')
  const token = await world.token('runs:read@acme', 'runs:write@acme')
  const agent = createClient({ url: `${world.url}/sallyport/`, token }).agent('acme')
  return { world, token, agent, [Symbol.asyncDispose]: world[Symbol.asyncDispose] }
}

async function serve(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url, [Symbol.asyncDispose]: close }
}

const lines = (...values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('')
const end = { type: 'done', state: 'done', rows: 2, outcome: null, sha256: 'a'.repeat(64) }

/** A plane that takes any run and answers its stream with this text. */
const planeThatStreams = (text: string) =>
  serve((req, res) => {
    if (req.method === 'POST') res.writeHead(202, { 'content-type': 'application/json' }).end('{"id":"run-00000001"}')
    else res.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(text)
  })

test('hands out rows as they come, and then how the run ended', async () => {
  const row = (seq: number) => ({ type: 'row', seq, row: { id: String(seq) } })
  await using plane = await planeThatStreams(lines({ type: 'attempt', attempt: 1 }, row(0), row(1), end))
  const run = createClient({ url: plane.url, token: 't' }).agent('acme').run('groups.list', {})

  const ids: string[] = []
  for await (const { id } of run) ids.push(id)

  expect(ids).toEqual(['0', '1'])
  expect(await run.done).toEqual({ state: 'done', rowCount: 2, outcome: null, sha256: 'a'.repeat(64) })
})

test('never mixes rows of two attempts', async () => {
  const row = { type: 'row', seq: 0, row: { id: 'a' } }
  const other = { ...row, row: { id: 'b' } }
  const text = lines({ type: 'attempt', attempt: 1 }, row, { type: 'attempt', attempt: 2 }, other, end)
  await using plane = await planeThatStreams(text)
  const run = createClient({ url: plane.url, token: 't' }).agent('acme').run('groups.list', {})

  expect(await run.rows()).toEqual([{ id: 'b' }])
  await expect(Array.fromAsync(run)).rejects.toMatchObject({ code: 'attempt_lost' })
})

test('a stream that ends without its last line is told, and so is one that makes no sense', async () => {
  await using short = await planeThatStreams(lines({ type: 'attempt', attempt: 1 }))
  await using strange = await planeThatStreams('<html>\n')
  const clock = { monotonic: () => 0, sleep: async () => {} }
  const runAt = (url: string) => createClient({ url, token: 't', clock }).agent('acme').run('org.get', {})

  await expect(runAt(short.url).done).rejects.toMatchObject({ code: 'plane_unreachable' })
  await expect(runAt(strange.url).done).rejects.toMatchObject({ code: 'plane_answer_unexpected' })
})

test('throws what the control plane refused, with its code', async () => {
  await using set = await setUp()
  const { world, token } = set
  const stranger = createClient({ url: `${world.url}/sallyport`, token: `${token}x` }).agent('acme')

  await expect(set.agent.run('groups.get', { groupId: 'nonsense' }).done).rejects.toMatchObject({
    code: 'params_invalid',
  })
  await expect(stranger.run('org.get', {}).rows()).rejects.toMatchObject({ code: 'token_wrong' })
})

test('where nothing answers, or something else does, the error says so', async () => {
  await using other = await serve((_, res) => res.writeHead(502).end('<html>'))
  const runAt = (url: string) => createClient({ url, token: 't' }).agent('acme').run('org.get', {})

  await expect(runAt(other.url).done).rejects.toMatchObject({ code: 'plane_answer_unexpected' })
  await expect(runAt('http://127.0.0.1:9').done).rejects.toMatchObject({ code: 'plane_unreachable' })
})

test('a cancelled run ends as RunFailed', async () => {
  await using set = await setUp()
  const run = set.agent.run('groups.list', {})

  await run.cancel()

  const failure = await run.done.catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(RunFailed)
  expect(failure).toMatchObject({
    run: await run.id,
    state: 'cancelled',
    code: 'cancelled',
    fault: 'caller',
    retry: false,
  })
})

test('its signal cancels the run and ends whoever waits', async () => {
  await using set = await setUp()
  const abort = new AbortController()
  const run = set.agent.run('groups.list', {}, { signal: abort.signal })
  const id = await run.id
  const rows = run.rows()

  abort.abort(new Error('changed my mind'))

  await expect(rows).rejects.toThrow('changed my mind')
  const ended = await Array.fromAsync(set.world.plane.runs.watch({ run: id }))
  expect(ended).toMatchObject([{ type: 'failed', state: 'cancelled' }])
})

test('is the same in the process of the control plane', async () => {
  await using set = await setUp()
  const run = set.world.plane.agent('acme', 'nightly').run('groups.list', {}, { idempotencyKey: 'tonight' })
  const again = set.world.plane.agent('acme', 'nightly').run('groups.list', {}, { idempotencyKey: 'tonight' })

  expect(await again.id).toBe(await run.id)
  await run.cancel()
  await expect(run.rows()).rejects.toBeInstanceOf(RunFailed)
  expect(await set.world.plane.runs.get(await run.id)).toMatchObject({ requester: 'nightly' })
})
