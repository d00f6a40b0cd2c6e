import { describe, expect, test } from 'vitest'
import { openPeer } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'
import { groupRows, groupsList } from '../../support/submissions.ts'

async function startLongRead() {
  const plane = await startGateway()
  const peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(groupsList)
  const order = await peer.order()
  peer.page(order, 0, groupRows(0, 3))
  await peer.next('ack')
  peer.page(order, 1, groupRows(3, 3))
  await peer.next('ack')
  const pages = [groupRows(0, 3), groupRows(3, 3)]
  const dispose = async () => {
    await peer[Symbol.asyncDispose]()
    await plane[Symbol.asyncDispose]()
  }
  return { plane, peer, run, order, pages, [Symbol.asyncDispose]: dispose }
}

test('follows a run while it goes on', async () => {
  await using read = await startLongRead()
  const lines = read.plane.runs.watch({ run: read.run.id })[Symbol.asyncIterator]()
  const first = []
  for (let count = 0; count < 7; count += 1) first.push((await lines.next()).value)

  const next = lines.next()
  read.peer.finish(read.order, read.pages)

  expect(first.map((line) => line?.type)).toEqual(['attempt', 'row', 'row', 'row', 'row', 'row', 'row'])
  expect((await next).value).toMatchObject({ type: 'done', rows: 6 })
  expect(await lines.next()).toMatchObject({ done: true })
})

test('goes on at any row, also in the middle of a page', async () => {
  await using read = await startLongRead()
  read.peer.finish(read.order, read.pages)
  await read.plane.lines(read.run.id)

  const lines = await Array.fromAsync(read.plane.runs.watch({ run: read.run.id, attempt: 1, from: 4 }))

  expect(lines).toMatchObject([{ type: 'attempt', attempt: 1 }, { seq: 4 }, { seq: 5 }, { type: 'done' }])
})

test('begins anew where another attempt has taken over since', async () => {
  await using read = await startLongRead()
  read.peer.send({ type: 'leaving', runs: [read.run.id] })
  await using other = await openPeer(read.plane.url, await read.plane.enrol())
  const order = await other.order()
  other.answer(order, groupRows(0, 1))

  const lines = await Array.fromAsync(read.plane.runs.watch({ run: read.run.id, attempt: 1, from: 4 }))

  expect(lines).toMatchObject([{ type: 'attempt', attempt: 2 }, { seq: 0 }, { type: 'done' }])
})

test('says so when another attempt takes over while it watches', async () => {
  await using read = await startLongRead()
  const lines = read.plane.lines(read.run.id)
  await new Promise(setImmediate)

  read.peer.send({ type: 'leaving', runs: [read.run.id] })
  await using other = await openPeer(read.plane.url, await read.plane.enrol())
  other.answer(await other.order(), groupRows(0, 1))

  expect((await lines).flatMap((line) => (line.type === 'attempt' ? [line.attempt] : []))).toEqual([1, 2])
})

test('goes on from a row without naming the attempt, and from the first of one that takes over', async () => {
  await using read = await startLongRead()
  const lines = Array.fromAsync(read.plane.runs.watch({ run: read.run.id, from: 5 }))
  await new Promise(setImmediate)

  read.peer.send({ type: 'leaving', runs: [read.run.id] })
  await using other = await openPeer(read.plane.url, await read.plane.enrol())
  other.answer(await other.order(), groupRows(0, 1))

  expect(await lines).toMatchObject([{ attempt: 1 }, { seq: 5 }, { attempt: 2 }, { seq: 0 }, { type: 'done' }])
})

test('does not read a page that comes while it waits, and gives others rows of their own', async () => {
  await using read = await startLongRead()
  const { pages } = read.plane.store
  const { list } = pages
  let listCount = 0
  const countAndList: typeof list = (...args) => {
    listCount += 1
    return list(...args)
  }
  const first = read.plane.runs.watch({ run: read.run.id, from: 6 })[Symbol.asyncIterator]()
  const second = read.plane.runs.watch({ run: read.run.id, from: 6 })[Symbol.asyncIterator]()
  await Promise.all([first.next(), second.next()])
  const coming = [first.next(), second.next()]
  await new Promise(setImmediate)

  Object.assign(pages, { list: countAndList })
  read.peer.page(read.order, 2, groupRows(6, 1))
  const [one, other] = await Promise.all(coming)

  expect(one).toEqual(other)
  expect(one?.value).toMatchObject({ type: 'row', seq: 6 })
  expect(one?.value.row).not.toBe(other?.value.row)
  expect(listCount).toBe(1)
})

test('reads no page before the rows of the one before were taken', async () => {
  await using read = await startLongRead()
  const asked: number[] = []
  const { pages } = read.plane.store
  const { list } = pages
  Object.assign(pages, {
    list: (...args: Parameters<typeof list>) => {
      asked.push(args[2].from)
      return list(...args)
    },
  })

  const lines = read.plane.runs.watch({ run: read.run.id })[Symbol.asyncIterator]()
  for (let count = 0; count < 4; count += 1) await lines.next()
  const before = [...asked]
  await lines.next()

  expect(before).toEqual([0])
  expect(asked).toEqual([0, 1])
})

describe('ends', () => {
  test('with the reason of the signal', async () => {
    await using read = await startLongRead()
    const stop = new AbortController()
    const watching = Array.fromAsync(read.plane.runs.watch({ run: read.run.id, signal: stop.signal }))

    stop.abort(new Error('the caller went away'))

    await expect(watching).rejects.toThrow('the caller went away')
  })

  test('where there is no such run, or no longer', async () => {
    await using read = await startLongRead()
    const watching = read.plane.lines(read.run.id)
    watching.catch(() => {})

    await read.plane.store.agents.remove('acme')
    read.peer.close()

    await expect(read.plane.lines('run_nowhere')).rejects.toMatchObject({ code: 'run_unknown' })
  })
})
