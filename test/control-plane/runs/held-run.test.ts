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
  journal: () => null,
  journalId: null,
  send: () => {},
  sendBatch: async () => undefined,
  close: () => {},
}
const seat = createRoster().seat(session)

test('goes to its seat one attempt further, unsent and with nothing arrived', () => {
  const held = HeldRun.next(aRun, contract, { seat, at: 1 })

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
  const held = HeldRun.next(aRun, contract, { seat, at: 1 })
  held.sentIn('a'.repeat(64), 2)
  held.lose(500)

  held.reseat({ seat, tally: createTally(contract), at: 600 })

  expect([held.seat, held.lostAt, held.sent, held.batch]).toEqual([seat, undefined, true, undefined])
  expect([held.sentAt, held.heardAt]).toEqual([2, 600])
})

test('is heard by a return of its replica once, and again only when something was said of it meanwhile', () => {
  const held = HeldRun.next(aRun, contract, { seat, at: 1 })
  const comeBack = (at: number) => {
    held.lose(at)
    held.reseat({ seat, tally: createTally(contract), at })
    return held.heardAt
  }
  held.sentIn('a'.repeat(64), 2)

  const silent = [comeBack(10), comeBack(20), comeBack(30)]
  held.hear(35)

  expect(silent).toEqual([10, 10, 10])
  expect([held.heardAt, comeBack(40), comeBack(50)]).toEqual([35, 40, 40])
})

test('counts again, by what is stored, where the store did not take its answer', () => {
  const held = HeldRun.next(aRun, contract, { seat, at: 1 })
  held.end()

  held.distrust()

  expect([held.ended, held.tally]).toEqual([false, undefined])
})

test('never counts again once it is given up', () => {
  const held = HeldRun.next(aRun, contract, { seat, at: 1 })
  held.giveUp()

  held.distrust()
  held.end()

  expect([held.ended, held.givenUp]).toEqual([true, true])
})

test('takes no second seat, and none when it ended: that is a defect', () => {
  const seated = HeldRun.next(aRun, contract, { seat, at: 1 })
  const over = HeldRun.found(aRun, contract, 500)
  over.end()

  for (const held of [seated, over])
    expect(() => held.reseat({ seat, tally: createTally(contract), at: 1 })).toThrow('lost and open')
})

test('once it was handed back unstarted stays so, whatever becomes of its session', () => {
  const held = HeldRun.next(aRun, contract, { seat, at: 1 })
  held.miss('unstarted')

  held.lose(500)
  held.miss('forgotten')

  expect(held.absence).toBe('unstarted')
})

test('that a replica was told to abandon is proven by nothing that it says later, until one has it again', () => {
  const held = HeldRun.found(aRun, contract, 500)
  held.miss('forgotten')

  held.miss('unstarted')
  const before = held.absence
  held.reseat({ seat, tally: createTally(contract), at: 600 })

  expect([before, held.absence]).toEqual(['forgotten', 'away'])
})
