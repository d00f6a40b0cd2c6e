import { limits } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import type { Submission } from '../../../control-plane/runs/runs.ts'
import { openPeer, type Peer } from '../../support/agent-peer.ts'
import { type GatewayUnderTest, startGateway } from '../../support/gateway.ts'
import { groupRows, groupsList, membersAdd } from '../../support/submissions.ts'

async function order(plane: GatewayUnderTest, peer: Peer, submission: Submission = groupsList) {
  await plane.runs.submit(submission)
  return await peer.order()
}

describe('a run fails, and the agent is told to stop', () => {
  test.for([
    ['the digest is another', { sha256: 'f'.repeat(64) }, 'digest_mismatch'],
    ['the number of rows is another', { rowCount: 3 }, 'digest_mismatch'],
    ['the number of pages is another', { pages: 2 }, 'digest_mismatch'],
  ] as const)('where %s', async ([, extra, code]) => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)

    peer.answer(run, groupRows(0, 2), extra)
    const lines = await plane.lines(run.id)

    expect(lines).toMatchObject([{}, { type: 'failed', state: 'failed', error: { code, fault: 'agent' } }])
    expect(await peer.next('cancel')).toEqual({ type: 'cancel', run: run.id })
  })

  test('where a row does not fit the job, and the message names the member and not its value', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)

    peer.page(run, 0, [...groupRows(0, 1), { id: 'not an id', name: 'Sales' }])
    const [, last] = await plane.lines(run.id)

    expect(last).toMatchObject({ type: 'failed', error: { code: 'row_invalid' } })
    expect(JSON.stringify(last)).toContain('row 1 of groups.list: id')
    expect(JSON.stringify(last)).not.toContain('not an id')
  })

  test('where its rows are more than a page takes', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)

    peer.page(run, 0, [{ ...groupRows(0, 1)[0], name: 'x'.repeat(limits.pageBytes) }])

    expect(await plane.lines(run.id)).toMatchObject([{}, { type: 'failed', error: { code: 'frame_too_large' } }])
  })

  test('where a frame is more than the protocol allows; the session lives', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)

    peer.page(run, 0, [{ name: 'x'.repeat(limits.frameBytes) }])
    const lines = await plane.lines(run.id)
    const next = await order(plane, peer)
    peer.answer(next, [])

    expect(lines).toMatchObject([{}, { type: 'failed', error: { code: 'frame_too_large' } }])
    expect(await plane.lines(next.id)).toMatchObject([{}, { type: 'done' }])
  })

  test('where its answer is, and that one is acknowledged, or the agent would send it for ever', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)

    peer.answer(run, [{ name: 'x'.repeat(limits.frameBytes) }])

    expect(await peer.next('cancel')).toEqual({ type: 'cancel', run: run.id })
    expect(await peer.next('ack')).toEqual({ type: 'ack', run: run.id, attempt: 1, seq: 'final' })
    expect(await plane.lines(run.id)).toMatchObject([{}, { type: 'failed', error: { code: 'frame_too_large' } }])
  })

  test('and the credit of a page is given back, so that the session goes on', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)
    const rows = [{ id: 'not an id', name: 'x'.repeat(200_000) }]

    peer.page(run, 0, rows)

    const bytes = limits.sessionCreditBytes + JSON.stringify(rows).length
    expect(await peer.next('cancel')).toEqual({ type: 'cancel', run: run.id })
    expect(await peer.next('credit')).toEqual({ type: 'credit', bytes })
  })

  test('and its answer is acknowledged, and its credit given back, so that the agent forgets it', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)
    const rows = [{ id: 'not an id' }]

    peer.answer(run, rows)

    const bytes = limits.sessionCreditBytes + JSON.stringify(rows).length
    expect(await peer.next('cancel')).toEqual({ type: 'cancel', run: run.id })
    expect(await peer.next('ack')).toEqual({ type: 'ack', run: run.id, attempt: 1, seq: 'final' })
    expect(await peer.next('credit')).toEqual({ type: 'credit', bytes })
  })

  test('and what a write did is then unknown', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer, membersAdd)

    peer.answer(run, [{ user: 'nobody' }], { outcome: 'applied' })

    expect(await plane.lines(run.id)).toMatchObject([{}, { type: 'failed', outcome: 'unknown' }])
  })
})
