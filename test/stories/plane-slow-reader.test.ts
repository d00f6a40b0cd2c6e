// Readers who take ten kilobytes now and then, of a listing of thirty megabytes: they wait for themselves alone.

import { once } from 'node:events'
import { mkdtempDisposable } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Ordered, openPeer, type Peer } from '../support/agent-peer.ts'
import { enrolPeer } from '../support/enrolled-peer.ts'
import { linesOf } from '../support/plane-caller.ts'
import { type PlaneProgram, startPlaneProgram } from '../support/plane-program.ts'
import { residentBytes } from '../support/resident-bytes.ts'
import { groupRow } from '../support/submissions.ts'

const MiB = 1024 * 1024
const pageCount = 120
const rowsOfPage = 4
const readerCount = 12

test('many slow readers of a long listing cost the control plane no memory, and other runs and cancels go on', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-slow-'))
  await using plane = await startPlaneProgram({ directory: directory.path, agent: 'acme' })
  await using peer = await openPeer(plane.url, await enrolPeer(plane, 'acme'))
  const long = await order(plane, peer)
  const readers = await Promise.all(Array.from({ length: readerCount }, () => openReader(plane, long.id)))
  const memory: number[] = []
  const answers: unknown[] = []
  const cancels: unknown[] = []

  for (let seq = 0; seq < pageCount; seq += 1) {
    peer.page(long, seq, pageOf(seq))
    await peer.next('ack')
    if (seq % 10 !== 9) continue
    for (const reader of readers) reader.read(10 * 1024)
    answers.push(await answerAnother(plane, peer))
    cancels.push(await cancelAnother(plane, peer))
    memory.push(await residentBytes(plane.program.pid))
  }
  peer.finish(
    long,
    Array.from({ length: pageCount }, (_, seq) => pageOf(seq)),
  )

  const [first, ...others] = readers
  for (const reader of others) reader.destroy()
  const lines = linesOf(first === undefined ? '' : await restOf(first))
  const grown = Math.max(...memory.slice(5)) - Math.max(...memory.slice(0, 5))
  expect(answers).toEqual(answers.map(() => 'done'))
  expect(cancels).toEqual(cancels.map(() => ({ state: 'cancelled', isPrompt: true })))
  // Gathered for each of them, it would be what the readers have not taken: some 300 MiB.
  expect(grown / MiB).toBeLessThan(100)
  expect(lines.at(-1)).toMatchObject({ type: 'done', rows: pageCount * rowsOfPage })
})

async function order(plane: PlaneProgram, peer: Peer): Promise<Ordered> {
  await plane.caller.submit('groups.list', {})
  return await peer.order()
}

async function answerAnother(plane: PlaneProgram, peer: Peer): Promise<string> {
  const run = await order(plane, peer)
  peer.answer(run, [groupRow(1)])
  return (await plane.caller.follow(run.id)).state
}

async function cancelAnother(plane: PlaneProgram, peer: Peer) {
  const run = await order(plane, peer)
  await plane.caller.ask('POST', `/v1/runs/${run.id}/cancel`)
  const { state, tookMs } = await plane.caller.follow(run.id)
  return { state, isPrompt: tookMs < 1000 }
}

function pageOf(seq: number) {
  const name = 'x'.repeat(60_000)
  return Array.from({ length: rowsOfPage }, (_, index) => ({ ...groupRow(seq * rowsOfPage + index), name }))
}

/** An answer whose body is taken only as it is read. */
async function openReader(plane: PlaneProgram, run: string): Promise<IncomingMessage> {
  const call = get(`${plane.url}/v1/runs/${run}/pages`, { headers: { authorization: `Bearer ${plane.token}` } })
  const [answer] = await once(call, 'response')
  return answer
}

/** The rows, without the text that makes them long, and without what was read before. */
async function restOf(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8')
  let text = ''
  for await (const piece of answer) text += piece
  return text.slice(text.indexOf('\n') + 1)
}
