import { expect, test } from 'vitest'
import { applied, honestEvidence, readRun, writeRun } from './honest-evidence.ts'
import { addUp, tallyOf, tellTally, unseen } from './tally.ts'

const schedule = { seed: 1, replicaCount: 2, userCount: 4, groupCount: 1, events: [] }

test('counts what happened, how runs ended, and what became of writes that were taken over', () => {
  const undone = applied('user-1', { ours: false, op: 'remove' })
  const tally = tallyOf(
    {
      ...schedule,
      events: [
        { atMs: 0, turns: 0, what: 'cancel', number: 1 },
        { atMs: 0, turns: 0, what: 'fault', fault: { kind: 'plane_crash', downMs: 1 } },
      ],
    },
    {
      ...honestEvidence(),
      runs: [writeRun({ doubtful: true, attempt: 2 }), readRun({ attempt: 3 })],
      effects: [applied('user-1'), undone, applied('user-1')],
    },
  )

  expect(tally).toEqual({
    'event: cancel': 1,
    'event: plane_crash': 1,
    'run: done not_applied': 1,
    'run: done': 1,
    'row: applied': 1,
    'row: already': 1,
    'row: not_applied': 1,
    'write taken over: done not_applied': 1,
    'row of a write taken over: applied': 1,
    'row of a write taken over: already': 1,
    'row of a write taken over: not_applied': 1,
    'read: begun again': 1,
    'undone by somebody: remove': 1,
    'change: done again after it was undone': 1,
  })
})

test('tallies are added up, and told by name', () => {
  expect(tellTally(addUp([{ b: 2 }, { a: 1, b: 1 }]))).toEqual(['      1  a', '      3  b'])
})

test('few seeds have to have seen that things are done, many what is rare, and one nothing', () => {
  const tally = { 'run: done': 3, 'run: done applied': 1, 'row: applied': 4 }

  expect(unseen({}, 1)).toEqual([])
  expect(unseen(tally, 5)).toEqual([])
  expect(unseen({ 'run: done': 3 }, 5).join()).toMatch(/run: done applied.*row: applied/)
  expect(unseen(tally, 25).join()).toMatch(/write taken over/)
})
