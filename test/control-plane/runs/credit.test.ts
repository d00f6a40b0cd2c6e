import { limits } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { createCredit } from '../../../control-plane/runs/credit.ts'

const { sessionCreditBytes: session, runCreditBytes: run } = limits

test('tells totals, once for all that was stored in a tick', async () => {
  const sent: unknown[] = []
  const credit = createCredit((frame) => sent.push(frame))

  credit.stored('run_a', 10)
  credit.stored('run_b', 5)
  credit.stored('run_a', 1)
  await Promise.resolve()
  credit.stored(undefined, 4)
  await Promise.resolve()

  expect(sent).toEqual([
    { type: 'credit', bytes: session + 16 },
    { type: 'credit', run: 'run_a', bytes: run + 11 },
    { type: 'credit', run: 'run_b', bytes: run + 5 },
    { type: 'credit', bytes: session + 20 },
  ])
})

test('says nothing of a run that ended, nor where nothing was stored', async () => {
  const sent: unknown[] = []
  const credit = createCredit((frame) => sent.push(frame))

  credit.stored('run_a', 10)
  credit.forget('run_a')
  await Promise.resolve()
  credit.stored('run_b', 0)
  await Promise.resolve()

  expect(sent).toEqual([{ type: 'credit', bytes: session + 10 }])
})
