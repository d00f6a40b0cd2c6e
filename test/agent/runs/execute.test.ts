import type { JobContract } from '@sallyport/protocol'
import groupsList from '@sallyport/protocol/jobs/groups-list'
import { expect, test } from 'vitest'
import type { Handler } from '../../../agent/jobs/handler.ts'
import { createLog } from '../../../agent/log.ts'
import { execute } from '../../../agent/runs/execute.ts'
import { type Admission, holdRun } from '../../../agent/runs/held-run.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const clock = createFakeClock()
const row = { id: 'a'.repeat(24), name: 'Admins', description: null, email: null }

/** The answer of a run whose handler is this one. */
async function answerOf(handler: Handler, effect: Admission['effect'] = 'read') {
  await using jumpcloud = connectJumpCloud({ url: 'http://127.0.0.1:9' })
  const lines: string[] = []
  const log = createLog({ level: 'info', write: (line) => lines.push(line), guard: createLeakGuard(), clock })
  const text = { id: 'run-00000001', job: 'groups.list', connection: 'main', params: {}, requester: 'somebody' }
  const run = holdRun(
    { run: text, digest: '', attempt: 1, ttlMs: 1 },
    { wallAt: clock.now(), monotonicAt: clock.monotonic() },
    () => {},
  )
  const contract: JobContract = groupsList
  run.admission = { job: 'groups.list', effect, contract, params: {}, connection: 'main' }
  await execute({ run, admission: run.admission, handler, jumpcloud: async () => jumpcloud.lane('bulk'), clock, log })
  return { answer: run.output.answered, text: run.output.peek()?.text(), lines: lines.join('') }
}

test('refuses a row that does not fit the job, and says where', async () => {
  const { answer } = await answerOf(async function* () {
    yield { ...row, name: 7 }
  })

  expect(answer).toMatchObject({
    type: 'failed',
    error: { code: 'row_invalid', message: expect.stringContaining('groups.list: name does not fit') },
  })
})

test('refuses a row that is larger than a page', async () => {
  const { answer } = await answerOf(async function* () {
    yield row
    yield { ...row, description: 'x'.repeat(256 * 1024) }
  })

  expect(answer).toMatchObject({ type: 'failed', error: { code: 'row_too_large' } })
})

test('lets nothing through that the row does not name', async () => {
  const { text } = await answerOf(async function* () {
    yield { ...row, password: 'hunter2' }
  })

  expect(JSON.parse(text ?? '')).toMatchObject({ type: 'done', rows: [row] })
  expect(text).not.toContain('hunter2')
})

test('answers a defect as one, and tells its details to the log alone', async () => {
  const { answer, lines } = await answerOf(() => {
    throw new TypeError('x is not iterable at /opt/sallyport')
  })

  expect(answer).toMatchObject({ type: 'failed', error: { code: 'internal_error' } })
  expect(JSON.stringify(answer)).not.toContain('/opt')
  expect(lines).toContain('x is not iterable')
})

test('says of a write that broke before it could change anything that nothing was applied', async () => {
  const { answer } = await answerOf(() => {
    throw new TypeError('broken')
  }, 'write')

  expect(answer).toMatchObject({ type: 'failed', outcome: 'not_applied' })
})

test('says of a write that broke after it may have changed something that its outcome is unknown', async () => {
  const { answer } = await answerOf(async function* ({ intent }) {
    await intent('a user')
    yield {}
  }, 'write')

  expect(answer).toMatchObject({ type: 'failed', outcome: 'unknown' })
})
