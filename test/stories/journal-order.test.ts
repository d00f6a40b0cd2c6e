// In which order things leave the agent: nothing that a crash must not undo is done, or said, before its commit.

import { times } from '@sallyport/protocol/limits'
import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../../agent/ports/clock.ts'
import { createHaltedJournal } from '../support/halted-journal.ts'
import { addition, type OpenSession, openSession, openWriter, postsOf } from '../support/open-session.ts'

const id = 'run-00000001'

/** Other runs go their whole way, to JumpCloud and to the plane: what was about to leave has left by then. */
async function meanwhile({ session }: OpenSession): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    const other = `run-meanwhile-${session.said.length}`
    session.run([{ id: other, job: 'org.get' }])
    await session.answer(other)
  }
}

test.for([
  ['accepts no write before the journal holds it', 'hold', { type: 'accepted' }],
  ['tells no answer of a write before it is committed', 'answer', { type: 'done', outcome: 'applied' }],
] as const)('%s', async ([, step, told]) => {
  const journal = createHaltedJournal()
  await using open = await openWriter({ wrapJournal: journal.wrap })
  const halted = journal.halt(step)
  open.session.run([addition(open)])
  await halted.asked

  await meanwhile(open)
  const early = open.session.unread(told.type)
  halted.release()

  expect(early).toEqual([])
  expect(await open.session.next(told.type)).toMatchObject({ run: id, ...told })
})

test('hands back a write that the journal refuses to hold, and never accepts it', async () => {
  const journal = createHaltedJournal()
  await using open = await openWriter({ wrapJournal: journal.wrap })
  journal.halt('hold').refuse()
  open.session.run([addition(open)])

  expect(await open.session.next('leaving')).toMatchObject({ runs: [id] })
  await meanwhile(open)

  expect(open.session.unread('accepted')).toEqual([])
  expect(postsOf(open)).toEqual([])
})

test('sends no change before its intent is committed', async () => {
  const journal = createHaltedJournal()
  await using open = await openWriter({ wrapJournal: journal.wrap })
  const intent = journal.halt('intend')
  open.session.run([addition(open)])
  await intent.asked

  await meanwhile(open)
  const early = postsOf(open)
  intent.release()

  expect(early).toEqual([])
  expect(await open.session.answer(id)).toMatchObject({ type: 'done', outcome: 'applied' })
  expect(postsOf(open)).toHaveLength(1)
})

test('sends no change whose intent cannot be committed, and says that it was not sent', async () => {
  const journal = createHaltedJournal()
  await using open = await openWriter({ wrapJournal: journal.wrap })
  journal.halt('intend').refuse()
  open.session.run([addition(open)])

  const answer = await open.session.answer(id)
  await meanwhile(open)

  expect(answer).toMatchObject({ outcome: 'not_applied', rows: [{ outcome: 'not_applied', reason: 'not_sent' }] })
  expect(postsOf(open)).toEqual([])
})

test('lets no change leave whose run has become too old while its call was made ready', async () => {
  const journal = createHaltedJournal()
  const clock = createSteppingClock()
  await using open = await openWriter({ wrapJournal: journal.wrap, clock })
  const intent = journal.halt('intend')
  open.session.run([addition(open)])
  await intent.asked

  clock.stepAtNextCall(times.startWithinMs + 1)
  intent.release()

  const answer = await open.session.answer(id)
  expect(answer).toMatchObject({ outcome: 'not_applied', rows: [{ outcome: 'not_applied', reason: 'not_sent' }] })
  expect(postsOf(open)).toEqual([])
})

test('sends no page of a long read before the journal has it, and ends it after its answer is there', async () => {
  const journal = createHaltedJournal()
  await using open = await openSession({ wrapJournal: journal.wrap, sizes: { users: 250 } })
  const { session } = open
  const [firstTwo, answer] = [journal.halt('page'), journal.halt('answer')]
  session.run([{ job: 'users.list' }])
  await firstTwo.asked

  await meanwhile(open)
  expect([...session.unread('accepted'), ...session.unread('page')]).toEqual([])
  const third = journal.halt('page')
  firstTwo.release()
  expect([await session.next('page'), await session.next('page')]).toMatchObject([{ seq: 0 }, { seq: 1 }])

  await third.asked
  await meanwhile(open)
  expect(session.unread('page')).toEqual([])
  third.release()
  expect(await session.next('page')).toMatchObject({ seq: 2 })

  session.send({ type: 'ack', run: id, attempt: 1, seq: 2 })
  await answer.asked
  await meanwhile(open)
  expect(session.unread('done')).toEqual([])
  answer.release()
  expect(await session.next('done')).toMatchObject({ run: id, pages: 3, rowCount: 250 })
})

/** A wall clock that somebody sets forward between the leave to make a call and its first byte. */
function createSteppingClock(): Clock & { stepAtNextCall(ms: number): void } {
  let [steppedMs, nextStepMs] = [0, 0]
  return {
    ...systemClock,
    now: () => systemClock.now() + steppedMs,
    after: (ms, then) => {
      // The time-out of a call begins when all that is missing is a connection.
      if (ms === times.callMs) [steppedMs, nextStepMs] = [steppedMs + nextStepMs, 0]
      return systemClock.after(ms, then)
    },
    stepAtNextCall: (ms) => {
      nextStepMs = ms
    },
  }
}
