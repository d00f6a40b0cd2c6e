import { times } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import { fateOf, type Lost } from '../../../control-plane/runs/takeover.ts'
import { openPeer, type PeerIdentity, type PeerLevers } from '../../support/agent-peer.ts'
import { type GatewayUnderTest, startGateway } from '../../support/gateway.ts'
import { membersAdd } from '../../support/submissions.ts'
import { until } from '../../support/until.ts'

describe('decided of what is known', () => {
  const write: Lost = {
    absence: 'away',
    sent: true,
    effect: 'write',
    repeatable: true,
    cancelAsked: false,
    outlived: false,
    sinceSentMs: 0,
    sinceLostMs: 0,
  }
  const read: Lost = { ...write, effect: 'read', repeatable: false }
  const long = { sinceSentMs: times.takeoverMs, sinceLostMs: times.backoffCapMs }

  test.for([
    ['a write that was never sent', { ...write, sent: false }, 'back'],
    ['a write that was handed back', { ...write, absence: 'unstarted' }, 'back'],
    ['a write that was just sent', write, 'wait'],
    ['a write whose replica is revoked', { ...write, absence: 'forgotten' }, 'wait'],
    ['a write that nobody can be doing any more', { ...write, ...long }, 'taken over'],
    ['the same, and its replica was here without it', { ...write, ...long, absence: 'forgotten' }, 'taken over'],
    ['the same, and somebody asked for its end', { ...write, ...long, cancelAsked: true }, 'outcome unknown'],
    ['the same, and its time is over', { ...write, ...long, outlived: true }, 'outcome unknown'],
    ['a write whose time is over, just lost', { ...write, outlived: true }, 'wait'],
    ['a creation', { ...write, ...long, repeatable: false }, 'wait'],
    ['a creation whose time is over', { ...write, ...long, repeatable: false, outlived: true }, 'outcome unknown'],
    ['a creation that nobody answers', { ...write, repeatable: false, absence: 'forgotten' }, 'outcome unknown'],
    ['a write whose journal is lost', { ...write, absence: 'journal lost' }, 'journal lost'],
    ['a read whose journal is lost', { ...read, absence: 'journal lost' }, 'back'],
    ['a read that was just lost', read, 'wait'],
    ['a read that was lost for long', { ...read, ...long }, 'back'],
    ['a read that was cancelled', { ...read, cancelAsked: true }, 'back'],
    ['a read that its replica does not have', { ...read, absence: 'forgotten' }, 'back'],
  ] as const satisfies readonly (readonly [string, Lost, string])[])('%s: %s', ([, lost, fate]) => {
    expect(fateOf(lost)).toBe(fate)
  })
})

/** A write that was sent to a replica, whose socket is then cut. */
async function lose(plane: GatewayUnderTest, identity: PeerIdentity, levers: PeerLevers = {}): Promise<string> {
  await using peer = await openPeer(plane.url, identity, levers)
  const { run } = await plane.runs.submit(membersAdd)
  await peer.order()
  peer.cut()
  await until(() => plane.gateway.sessions().length === 0)
  return run.id
}

const journal = (state: string, journalId = 'journal-1'): PeerLevers => ({ body: { journal: state }, journalId })
/** As agents had it that did not say which journal it is. */
const nameless: PeerLevers = { body: { journal: 'ok', journalId: undefined } }

describe('a replica that comes back without a write', () => {
  test('has done nothing of it where its journal is whole: it is sent again at once, and nothing is in doubt', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    const run = await lose(plane, identity, journal('ok'))

    await using again = await openPeer(plane.url, identity, journal('ok'))

    const order = await again.order()
    expect(order).toMatchObject({ id: run, attempt: 2 })
    expect(order).not.toHaveProperty('doubtful')
    expect(await plane.runs.get(run)).toMatchObject({ doubtful: false })
  })

  test('proves nothing where it had no journal when the write was sent', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    const run = await lose(plane, identity)

    await using again = await openPeer(plane.url, identity, journal('ok'))
    const before = again.unread()
    await plane.clock.advance(times.takeoverMs)

    expect(before).toEqual([])
    expect(await again.order()).toMatchObject({ id: run, attempt: 2, doubtful: true })
    expect(await plane.runs.get(run)).toMatchObject({ doubtful: true })
  })

  test('leaves nobody who knows what it did where its journal is lost', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    const run = await lose(plane, identity, journal('ok'))

    await using _ = await openPeer(plane.url, identity, journal('lost'))

    expect(await plane.lines(run)).toMatchObject([{}, { outcome: 'unknown', error: { code: 'journal_lost' } }])
  })

  test('proves nothing by a new journal, though the loss was told, taken note of, and is over', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    await using peer = await openPeer(plane.url, identity, journal('ok', 'journal-1'))
    const { run } = await plane.runs.submit(membersAdd)
    await peer.order()
    peer.send({ type: 'state', journal: 'lost' })
    peer.send({ type: 'state', journal: 'ok' })
    peer.cut()
    await until(() => plane.gateway.sessions().length === 0)

    await using again = await openPeer(plane.url, identity, journal('ok', 'journal-2'))

    expect(await plane.lines(run.id)).toMatchObject([{}, { outcome: 'unknown', error: { code: 'journal_lost' } }])
    expect(again.unread()).toEqual([])
  })

  test.for([
    ['another journal', journal('ok', 'journal-2')],
    ['another journal, which it cannot write,', journal('full', 'journal-2')],
    ['no journal', {}],
  ] as const)(
    'and with %s in place of the one that it had leaves nobody who knows, after a restart of the plane too',
    async ([, levers]) => {
      await using before = await startGateway()
      const identity = await before.enrol()
      const run = await lose(before, identity, journal('ok'))
      await before.gateway.close()
      await before.runs.close()

      await using plane = await startGateway({ ...before, sign: () => before.signer.sign })
      await using _ = await openPeer(plane.url, identity, levers)

      expect(await plane.lines(run)).toMatchObject([{}, { outcome: 'unknown', error: { code: 'journal_lost' } }])
    },
  )

  test('proves nothing where it does not say which journal it is', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    const run = await lose(plane, identity, nameless)

    await using again = await openPeer(plane.url, identity, nameless)
    const before = again.unread()
    await plane.clock.advance(times.takeoverMs)

    expect(before).toEqual([])
    expect(await again.order()).toMatchObject({ id: run, attempt: 2 })
    expect(await plane.runs.get(run)).toMatchObject({ doubtful: true })
  })
})

test('a write that its replica still holds goes on there, whichever journal it has now', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  const run = await lose(plane, identity, journal('ok'))

  const held = [{ run, attempt: 1 }]
  await using again = await openPeer(plane.url, identity, { ...journal('ok', 'journal-2'), held })
  again.send({ type: 'failed', run, attempt: 1, outcome: 'not_applied', error: { code: 'not_found', message: 'none' } })

  expect(await plane.lines(run)).toMatchObject([{}, { outcome: 'not_applied', error: { code: 'not_found' } }])
})

describe('a write whose replica stays away', () => {
  test('goes to another one as soon as the first can be doing nothing of it any more, and not before', async () => {
    await using plane = await startGateway()
    const run = await lose(plane, await plane.enrol())
    await using other = await openPeer(plane.url, await plane.enrol())
    await plane.clock.advance(times.takeoverMs - 1000)
    const before = other.unread()

    await plane.clock.advance(1000)
    const order = await other.order()
    other.answer(order, [], { outcome: 'already' })

    expect(before).toEqual([])
    expect(await plane.lines(run)).toMatchObject([{ attempt: 2 }, { type: 'done', outcome: 'already' }])
  })

  test('is counted from a restart of the control plane where it was sent before', async () => {
    await using plane = await startGateway()
    const run = await lose(plane, await plane.enrol())
    await plane.clock.advance(times.takeoverMs - 1000)
    await plane.gateway.close()
    await plane.runs.close()

    await using after = await startGateway({ store: plane.store, clock: plane.clock })
    await after.clock.advance(1000)
    const before = await after.runs.get(run)
    await after.clock.advance(times.takeoverMs - 1000)

    expect(before).toMatchObject({ state: 'sent' })
    expect(await after.runs.get(run)).toMatchObject({ state: 'queued', doubtful: true })
  })

  test('ends unknown when its time to live is over before anybody takes it, and never as expired', async () => {
    await using plane = await startGateway()
    const run = await lose(plane, await plane.enrol())
    await plane.clock.advance(times.takeoverMs)

    await plane.clock.advance(times.runTtlMs)

    expect(await plane.lines(run)).toMatchObject([
      {},
      { state: 'failed', outcome: 'unknown', error: { code: 'outcome_unknown' } },
    ])
  })

  test.for([
    ['refused', { type: 'refused', error: { code: 'policy_denied', message: 'not allowed' } }],
    ['refused as too late', { type: 'refused', error: { code: 'run_expired', message: 'too late' } }],
  ] as const)('and which the next one %s ends unknown: the first may have done it', async ([, answer]) => {
    await using plane = await startGateway()
    const run = await lose(plane, await plane.enrol())
    await using other = await openPeer(plane.url, await plane.enrol())
    await plane.clock.advance(times.takeoverMs)

    const { attempt } = await other.order()
    other.send({ ...answer, run, attempt })

    expect(await plane.lines(run)).toMatchObject([{}, { state: 'failed', outcome: 'unknown' }])
    expect((await plane.runs.get(run))?.error?.message).toContain(answer.error.message)
  })

  test('is abandoned by it when it comes back late, and what it then says changes nothing', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    const run = await lose(plane, identity)
    await using other = await openPeer(plane.url, await plane.enrol())
    await plane.clock.advance(times.takeoverMs)
    const order = await other.order()

    await using late = await openPeer(plane.url, identity, { held: [{ run, attempt: 1 }] })
    late.answer({ ...order, attempt: 1 }, [], { outcome: 'applied' })
    await late.next('ack')
    other.answer(order, [], { outcome: 'not_applied' })

    expect(await plane.lines(run)).toMatchObject([{ attempt: 2 }, { type: 'done', outcome: 'unknown' }])
  })
})
