import { expect, test } from 'vitest'
import type { Run, RunState } from '../../../control-plane/runs/run.ts'
import { finalLine, streamLine } from '../../../control-plane/runs/stream-line.ts'

const run: Run = {
  id: 'run_12345',
  agent: 'acme',
  job: 'groups.list',
  connection: 'main',
  effect: 'read',
  text: '{}',
  requester: 'somebody',
  idempotencyKey: null,
  state: 'queued',
  attempt: 1,
  replica: null,
  journal: null,
  doubtful: false,
  approval: null,
  createdAt: 0,
  expiresAt: 1,
  finishedAt: null,
  cancelAskedAt: null,
  cancelTooLate: false,
  outcome: null,
  error: null,
  pageCount: 0,
  rowCount: 3,
  sha256: null,
}

test.for(['queued', 'sent', 'accepted', 'parked'] as const satisfies readonly RunState[])(
  'has no last line while the run is %s',
  (state) => {
    expect(finalLine({ ...run, state })).toBeUndefined()
  },
)

test.for([
  ['failed', 'internal_error'],
  ['refused', 'internal_error'],
  ['cancelled', 'cancelled'],
  ['expired', 'run_expired'],
] as const)('a run that is %s says an error, also where none was kept', ([state, code]) => {
  const line = finalLine({ ...run, state })

  expect(streamLine.parse(line)).toMatchObject({ type: 'failed', state, error: { code } })
})

test('a run that is done says how many rows it had', () => {
  expect(streamLine.parse(finalLine({ ...run, state: 'done' }))).toMatchObject({ type: 'done', rows: 3 })
})
