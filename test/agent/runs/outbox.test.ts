import { expect, test } from 'vitest'
import { createOutbox } from '../../../agent/runs/outbox.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { makeHeldRun } from '../../support/held-run.ts'
import { pagesOf } from '../../support/pages.ts'

/** Lets happen what happens at once. */
const turn = () => createFakeClock().advance(0)

/** A run with a done of one page of so many bytes. */
function answeredRun(id: string, byteCount: number) {
  const run = makeHeldRun({ id })
  for (const page of pagesOf(`[${'1'.repeat(byteCount - 2)}]`)) run.output.add(page)
  run.output.finish({ type: 'done', outcome: undefined })
  return run
}

function open(credit = { sessionBytes: 100, runBytes: 100 }) {
  const sent: string[] = []
  const handed: (() => void)[] = []
  const slow = { is: false }
  const outbox = createOutbox({
    send: async (text) => {
      sent.push(JSON.parse(text).run)
      if (slow.is) await new Promise<void>((resolve) => handed.push(resolve))
    },
    credit,
    onBlocked: () => {},
  })
  return { outbox, sent, slow, handed }
}

const large = { sessionBytes: 1_000_000, runBytes: 1_000_000 }

test('waits for credit of the session', async () => {
  const { outbox, sent } = open({ sessionBytes: 100, runBytes: 100 })

  outbox.wake(answeredRun('one', 80))
  outbox.wake(answeredRun('two', 80))
  await turn()
  expect(sent).toEqual(['one'])
  outbox.credit(undefined, 159)
  await turn()
  expect(sent).toEqual(['one'])
  outbox.credit(undefined, 160)
  await turn()

  expect(sent).toEqual(['one', 'two'])
})

test('ignores a total that is lower than one before', async () => {
  const { outbox, sent } = open({ sessionBytes: 100, runBytes: 100 })

  outbox.credit(undefined, 10)
  outbox.wake(answeredRun('one', 80))
  await turn()

  expect(sent).toEqual(['one'])
})

test('ignores a total of a run that is lower than what it began with', async () => {
  const { outbox, sent } = open({ sessionBytes: 100, runBytes: 100 })
  const run = answeredRun('one', 80)

  outbox.credit(run, 10)
  outbox.wake(run)
  await turn()

  expect(sent).toEqual(['one'])
})

test('waits for credit of the run, and lets others pass', async () => {
  const { outbox, sent } = open({ sessionBytes: 1000, runBytes: 50 })
  const large = answeredRun('large', 80)

  outbox.wake(large)
  outbox.wake(answeredRun('small', 40))
  await turn()
  expect(sent).toEqual(['small'])
  outbox.credit(large, 80)
  await turn()

  expect(sent).toEqual(['small', 'large'])
})

test('hands one page at a time to the socket, and what costs nothing goes first', async () => {
  const { outbox, sent, slow, handed } = open(large)
  slow.is = true
  outbox.wake(answeredRun('first', 20_000))
  outbox.wake(answeredRun('second', 20_000))
  const refused = makeHeldRun({ id: 'refused' })
  refused.output.finish({ type: 'refused', error: { code: 'policy_denied', message: '' } })
  outbox.wake(refused)
  await turn()
  expect(sent).toEqual(['first'])

  slow.is = false
  handed[0]?.()
  await turn()

  expect(sent).toEqual(['first', 'refused', 'second'])
})

test('waits for the socket only where more than a few small frames are on their way', async () => {
  const { outbox, sent, slow, handed } = open(large)
  slow.is = true

  for (const id of ['one', 'two', 'three', 'four']) outbox.wake(answeredRun(id, 7000))
  await turn()
  expect(sent).toEqual(['one', 'two', 'three'])
  for (const hand of handed) hand()
  await turn()

  expect(sent).toEqual(['one', 'two', 'three', 'four'])
})

test('lets runs with many pages take turns, one page each', async () => {
  const { outbox, sent } = open(large)
  const page = `[${'1'.repeat(20_000)}]`
  const runs = ['one', 'two', 'three'].map((id) => {
    const run = makeHeldRun({ id })
    for (const one of pagesOf(page, page, page)) run.output.add(one)
    run.output.announce()
    return run
  })

  for (const run of runs) outbox.wake(run)
  await turn()

  expect(sent).toEqual(['one', 'two', 'three', 'one', 'two', 'three', 'one', 'two', 'three'])
})

test('says nothing of a run that was dropped while it waited', async () => {
  const { outbox, sent, slow, handed } = open(large)
  slow.is = true
  const dropped = answeredRun('dropped', 20_000)
  outbox.wake(answeredRun('first', 20_000))
  outbox.wake(dropped)
  outbox.wake(answeredRun('third', 20_000))
  await turn()

  outbox.drop(dropped)
  slow.is = false
  handed[0]?.()
  await turn()

  expect(sent).toEqual(['first', 'third'])
})

test('sends nothing more once it is closed', async () => {
  const { outbox, sent } = open()

  outbox.close()
  outbox.wake(answeredRun('one', 80))
  await turn()

  expect(sent).toEqual([])
})
