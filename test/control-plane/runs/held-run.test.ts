import { jobs } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import type { AgentSession } from '../../../control-plane/runs/agent-session.ts'
import { HeldRun } from '../../../control-plane/runs/held-run.ts'
import { createRoster } from '../../../control-plane/runs/roster.ts'
import { createTally } from '../../../control-plane/runs/tally.ts'
import { aRun } from '../store/store-fixtures.ts'

const contract = await jobs['groups.list'].load()
const session: AgentSession = {
  id: 'se_1',
  agent: 'acme',
  replica: 'replica-1',
  takesRuns: () => true,
  accepts: () => true,
  send: () => {},
  sendBatch: async () => undefined,
  close: () => {},
}
const seat = createRoster().seat(session)

test('goes to its seat one attempt further, unsent and with nothing arrived', () => {
  const held = HeldRun.next(aRun, contract, seat)

  expect(held.run).toMatchObject({ state: 'sent', attempt: 1, replica: 'replica-1' })
  expect(held.tally?.nextSeq()).toBe(0)
  expect([held.seat, held.lostAt, held.sent, held.ended]).toEqual([seat, undefined, false, false])
})

test('is found lost and sent, and asked to stop where a cancel is stored', () => {
  const held = HeldRun.found({ ...aRun, state: 'accepted', cancelAskedAt: 400 }, contract, 500)

  expect([held.seat, held.lostAt, held.sent, held.cancelAsked]).toEqual([undefined, 500, true, true])
  expect(held.tally).toBeUndefined()
})

test('keeps on its next seat that it was sent, and not in which batch', () => {
  const held = HeldRun.next(aRun, contract, seat)
  held.sentIn('a'.repeat(64))
  held.lose(500)

  held.reseat(seat, createTally(contract))

  expect([held.seat, held.lostAt, held.sent, held.batch]).toEqual([seat, undefined, true, undefined])
})

test('counts again, by what is stored, where the store did not take its answer', () => {
  const held = HeldRun.next(aRun, contract, seat)
  held.end()

  held.distrust()

  expect([held.ended, held.tally]).toEqual([false, undefined])
})

test('never counts again once it is given up', () => {
  const held = HeldRun.next(aRun, contract, seat)
  held.giveUp()

  held.distrust()
  held.end()

  expect([held.ended, held.givenUp]).toEqual([true, true])
})

test('takes no second seat, and none when it ended: that is a defect', () => {
  const seated = HeldRun.next(aRun, contract, seat)
  const over = HeldRun.found(aRun, contract, 500)
  over.end()

  for (const held of [seated, over]) expect(() => held.reseat(seat, createTally(contract))).toThrow('lost and open')
})
