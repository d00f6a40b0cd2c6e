import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { startControlPlane, type TestControlPlane } from '../../support/control-plane.ts'
import { putFinishedRun, rowsOf } from '../../support/finished-run.ts'

async function setUp() {
  const world = await startControlPlane()
  const token = await world.token('runs:read')
  const run = await putFinishedRun(world, [rowsOf(2), [{ id: '2' }]])
  const read = (query = '', headers = {}) => world.ask({ path: `/v1/runs/${run}/pages${query}`, token, headers })
  return { world, token, run, read, [Symbol.asyncDispose]: world[Symbol.asyncDispose] }
}

const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const done = { type: 'done', state: 'done', rows: 3, outcome: null, sha256: 'a'.repeat(64) }

test('sends the attempt, its rows and the end, one JSON object a line', async () => {
  await using set = await setUp()

  const answer = await set.read()

  expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
  expect(linesOf(answer.text)).toEqual([
    { type: 'attempt', attempt: 1 },
    { type: 'row', seq: 0, row: { id: '0' } },
    { type: 'row', seq: 1, row: { id: '1' } },
    { type: 'row', seq: 2, row: { id: '2' } },
    done,
  ])
})

test('goes on from a row of the same attempt, and from the first where the attempt is another', async () => {
  await using set = await setUp()
  const seqs = (text: string) => linesOf(text).flatMap(({ type, seq }) => (type === 'row' ? [seq] : []))

  expect(seqs((await set.read('?attempt=1&from=2')).text)).toEqual([2])
  expect(seqs((await set.read('?attempt=7&from=2')).text)).toEqual([0, 1, 2])
})

test('goes on from a page of the same attempt, and the numbers of its rows stay', async () => {
  await using set = await setUp()
  const seqs = (text: string) => linesOf(text).flatMap(({ type, seq }) => (type === 'row' ? [seq] : []))

  expect(seqs((await set.read('?attempt=1&page=1')).text)).toEqual([2])
  expect(seqs((await set.read('?page=0')).text)).toEqual([0, 1, 2])
  expect(seqs((await set.read('?attempt=1&page=2')).text)).toEqual([])
  expect(seqs((await set.read('?attempt=7&page=1')).text)).toEqual([0, 1, 2])
})

test('a reader that goes on does not make the control plane read what it has', async () => {
  await using set = await setUp()
  const run = await putFinishedRun(set.world, [rowsOf(5), rowsOf(5), rowsOf(5)])
  const reads = countPageReads(set.world)

  await set.world.ask({ path: `/v1/runs/${run}/pages?attempt=1&from=11`, token: set.token })

  expect(reads.count).toBe(1)
})

test('a server-sent event stream says now and then that it lives, and lines do not', async () => {
  await using set = await setUp()
  const { world, token } = set
  const asked = { agent: 'acme', job: 'groups.list', connection: 'main', params: {}, requester: 'test' }
  const { run } = await world.plane.runs.submit(asked)
  const path = `${world.url}/v1/runs/${run.id}/pages`
  const [events, lines] = [await open(path, token, { accept: 'text/event-stream' }), await open(path, token)]

  await world.clock.asleep(15_000)
  await world.clock.advance(15_000)
  await world.plane.runs.cancel('test', run.id)

  expect(await textOf(events)).toMatch(/^: nothing new\n\nevent: failed\n/)
  expect(linesOf(await textOf(lines))).toMatchObject([{ type: 'failed', state: 'cancelled' }])
})

test('sends server-sent events whose ids a browser can go on from', async () => {
  await using set = await setUp()
  const accept = 'text/event-stream'

  const all = await set.read('', { accept })
  const rest = await set.read('', { accept, 'last-event-id': '1:1' })

  expect(all.headers.get('content-type')).toBe('text/event-stream')
  expect(all.text).toContain('event: row\nid: 1:0\ndata: {"type":"row","seq":0,"row":{"id":"0"}}\n\n')
  expect(rest.text).toBe(
    `event: attempt\ndata: {"type":"attempt","attempt":1}\n\nevent: row\nid: 1:2\ndata: {"type":"row","seq":2,"row":{"id":"2"}}\n\nevent: done\ndata: ${JSON.stringify(done)}\n\n`,
  )
  expect(await set.read('', { accept, 'last-event-id': 'x' })).toMatchObject({ status: 400 })
})

test('follows a run that waits, to its end', async () => {
  await using set = await setUp()
  const { world, token } = set
  const asked = { agent: 'acme', job: 'groups.list', connection: 'main', params: {}, requester: 'test' }
  const { run } = await world.plane.runs.submit(asked)
  const answer = await open(`${world.url}/v1/runs/${run.id}/pages`, token)

  await world.plane.runs.cancel('test', run.id)

  expect(linesOf(await textOf(answer))).toMatchObject([{ type: 'failed', state: 'cancelled' }])
})

test('reads no further from the store than the reader takes', async () => {
  await using set = await setUp()
  const { world, token } = set
  const pageCount = 400
  const page = [{ id: 'x'.repeat(64 * 1024) }]
  const run = await putFinishedRun(
    world,
    Array.from({ length: pageCount }, () => page),
  )
  const reads = countPageReads(world)

  const answer = await open(`${world.url}/v1/runs/${run}/pages`, token)
  answer.pause()
  await settled(() => reads.count)
  const whileStalled = reads.count
  const text = await textOf(answer)

  expect(whileStalled).toBeGreaterThan(0)
  expect(whileStalled).toBeLessThan(pageCount)
  expect(linesOf(text)).toHaveLength(pageCount + 2)
})

test('stops watching when the reader goes away, and ends open answers when the control plane stops', async () => {
  await using set = await setUp()
  const { world, token } = set
  const asked = { agent: 'acme', job: 'groups.list', connection: 'main', params: {}, requester: 'test' }
  const { run } = await world.plane.runs.submit(asked)
  const gone = await open(`${world.url}/v1/runs/${run.id}/pages`, token)
  const open2 = await open(`${world.url}/v1/runs/${run.id}/pages`, token)

  gone.destroy()
  const text = textOf(open2)
  await world.plane.close()

  expect(await text).toBe('')
})

test('ends in order, without a last line, when the agent is deleted with its runs', async () => {
  await using set = await setUp()
  const { world, token } = set
  const asked = { agent: 'acme', job: 'groups.list', connection: 'main', params: {}, requester: 'test' }
  const { run } = await world.plane.runs.submit(asked)
  const answer = await open(`${world.url}/v1/runs/${run.id}/pages`, token)

  await world.plane.administration.deleteAgent('test', 'acme')

  expect(await textOf(answer)).toBe('')
  expect(world.events.map(({ event }) => event)).not.toContain('pages.failed')
})

test('ends before a page that cannot be read, and the log says so', async () => {
  await using set = await setUp()
  const { world, token } = set
  const run = await putFinishedRun(world, [[{ id: '0' }], [{ id: '1' }]])
  const list = world.store.pages.list
  world.store.pages.list = async (...args) =>
    (await list(...args)).map((page) => (page.seq === 1 ? { ...page, rows: '[{' } : page))

  const { text } = await world.ask({ path: `/v1/runs/${run}/pages`, token })

  expect(linesOf(text)).toEqual([
    { type: 'attempt', attempt: 1 },
    { type: 'row', seq: 0, row: { id: '0' } },
  ])
  expect(world.events.map(({ event }) => event)).toContain('pages.failed')
})

async function open(url: string, token: string, headers = {}): Promise<IncomingMessage> {
  const call = get(url, { headers: { ...headers, authorization: `Bearer ${token}` } })
  const [answer] = await once(call, 'response')
  return answer
}

async function textOf(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8')
  let text = ''
  for await (const piece of answer) text += piece
  return text
}

function countPageReads(world: TestControlPlane) {
  const reads = { count: 0 }
  const list = world.store.pages.list
  world.store.pages.list = (...args) => {
    reads.count += 1
    return list(...args)
  }
  return reads
}

/** Resolves once the figure has stayed the same for many turns of the loop. */
async function settled(figure: () => number): Promise<void> {
  let last = -1
  for (let still = 0; still < 200; still += 1) {
    if (figure() !== last) still = 0
    last = figure()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
