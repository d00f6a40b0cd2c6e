import { describe, expect, test } from 'vitest'
import type { RecoveredRun, UsedRecord } from '../../../agent/journal/records.ts'
import { answeredBefore, recovered } from '../../../agent/runs/past-run.ts'
import { pagesOf } from '../../support/pages.ts'

const text = JSON.stringify({
  ...{ id: 'run-00000001', job: 'users.list', connection: 'main', params: {}, requester: 'somebody' },
})
const step = { kind: 'list', at: 99, ids: ['a'], between: [], isSortDropped: false }
const [first, second] = pagesOf('[1]', '[2]')

const read: RecoveredRun = {
  ...{ id: 'run-00000001', digest: 'd', effect: 'read', attempt: 2, receivedAt: 7 },
  order: { text, ttlMs: 1000, version: '1', doubtful: true },
  ...{ pages: [{ seq: 1, rows: '[2]', count: 1 }], pageCount: 2, rowCount: 2, storedCount: 1 },
  progress: [
    { step, digest: first?.digest ?? '' },
    { step, digest: second?.digest ?? '' },
  ],
  ...{ intents: [], answer: undefined },
}
const write: RecoveredRun = { ...read, effect: 'write', progress: [], pages: [], pageCount: 0, rowCount: 0 }
const done = { type: 'done', outcome: 'applied' }

describe('of an earlier process', () => {
  test('a read goes on after its last page, with its steps and the digest so far', () => {
    const found = recovered(read, '1')

    expect(found).toMatchObject({
      order: { text, attempt: 2, doubtful: true, digest: 'd', run: { job: 'users.list' } },
      past: {
        ...{ effect: 'read', steps: [step, step] },
        output: { pages: [second], pageCount: 2, rowCount: 2, digest: second?.digest, answer: undefined },
      },
    })
  })

  test.each([
    { what: 'a read that another version of the agent began', record: read, version: '2' },
    { what: 'a read without a step', record: { ...read, progress: [{ step: null, digest: 'd' }] }, version: '1' },
    { what: 'a read whose step nobody understands', record: { ...read, progress: [{ step: 7, digest: 'd' }] } },
    { what: 'a write that had not begun', record: write },
    { what: 'a run whose text does not fit', record: { ...read, order: { ...read.order, text: '{}' } } },
    { what: 'a run whose text is none', record: { ...read, order: { ...read.order, text: '{' } } },
  ])('$what is not gone on with', ({ record, version = '1' }) => {
    expect(recovered(record, version)).toBeUndefined()
  })

  test('an answer is told whatever else is known, by any version', () => {
    const answered = { ...read, progress: [], answer: { type: 'failed', error: { code: 'not_found', message: '' } } }

    expect(recovered(answered, '2')?.past.output.answer).toMatchObject({ type: 'failed', error: { code: 'not_found' } })
  })

  test('a write knows what it was about to change, and what became of it', () => {
    const intents = [
      { target: 'user-1', row: { outcome: 'applied' } },
      { target: 'user-2', row: undefined },
    ]

    const found = recovered({ ...write, intents }, '1')

    expect([...(found?.past.targets ?? [])]).toEqual([
      ['user-1', { outcome: 'applied' }],
      ['user-2', undefined],
    ])
  })
})

describe('an id that was used', () => {
  const used: UsedRecord = {
    ...{ digest: 'd', effect: 'write', at: 0, isHeld: false, rowCount: 2, answer: done },
    pages: [
      { seq: 0, rows: '[1]', count: 1 },
      { seq: 1, rows: '[2]', count: 1 },
    ],
  }

  test('of a write gives its first answer, with the digest of its pages', () => {
    expect(answeredBefore(used)).toMatchObject({
      effect: 'write',
      output: { pages: [first, second], pageCount: 2, rowCount: 2, digest: second?.digest, answer: done },
    })
  })

  test.each([
    { what: 'of a read', record: { ...used, effect: 'read' as const } },
    { what: 'of a write without an answer', record: { ...used, answer: undefined } },
  ])('$what gives none', ({ record }) => {
    expect(answeredBefore(record)).toBeUndefined()
  })
})
