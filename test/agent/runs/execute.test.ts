import type { ErrorCode, JobContract } from '@sallyport/protocol'
import groupsList from '@sallyport/protocol/jobs/groups-list'
import { times } from '@sallyport/protocol/limits'
import { describe, expect, test } from 'vitest'
import listGroups from '../../../agent/jobs/groups-list.ts'
import type { WriteContext } from '../../../agent/jobs/handler.ts'
import { CallError } from '../../../agent/jumpcloud/call-error.ts'
import { createLog } from '../../../agent/log.ts'
import { noRedaction } from '../../../agent/policy/redaction.ts'
import type { Clock } from '../../../agent/ports/clock.ts'
import { execute } from '../../../agent/runs/execute.ts'
import type { Admission } from '../../../agent/runs/gate.ts'
import type { HeldRun } from '../../../agent/runs/held-run.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { makeHeldRun } from '../../support/held-run.ts'
import { createLeapingClock } from '../../support/leaping-clock.ts'
import { startRawServer } from '../../support/raw-server.ts'
import { createJournalDirectory } from '../journal/open-test-journal.ts'

const row = { id: 'a'.repeat(24), name: 'Admins', description: null, email: null }

type Asked = { readonly effect?: Admission['effect']; readonly clock?: Clock; readonly url?: string }

/** The answer of a run whose handler is this one. */
async function answerOf(
  handler: (context: WriteContext<never, never>, run: HeldRun) => AsyncIterable<unknown>,
  { effect = 'read', clock = createFakeClock(), url = 'http://127.0.0.1:9' }: Asked = {},
) {
  await using jumpcloud = connectJumpCloud({ url, clock })
  const lines: string[] = []
  const log = createLog({ level: 'info', write: (line) => lines.push(line), guard: createLeakGuard(), clock })
  await using directory = await createJournalDirectory()
  await using journal = await directory.open()
  const run = makeHeldRun({ received: { wallAt: clock.now(), monotonicAt: clock.monotonic() }, journal })
  const contract: JobContract = groupsList
  const admission = { job: 'groups.list', effect, contract, params: {}, connection: 'main' } as const
  run.admit(admission)
  if (effect === 'write') await run.journal.hold('write')
  await execute({
    ...{ run, admission, clock, log },
    // These handlers take the params of groups.list, which are what the admission has.
    handler: (context) => handler(context as WriteContext<never, never>, run),
    jumpcloud: async () => jumpcloud.lane('bulk'),
    permit: async () => admission,
    settled: async () => {},
    isPanic: () => false,
    redaction: noRedaction,
  })
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
  const { answer } = await answerOf(
    () => {
      throw new TypeError('broken')
    },
    { effect: 'write' },
  )

  expect(answer).toMatchObject({ type: 'failed', outcome: 'not_applied' })
})

test('says of a write that broke after it may have changed something that its outcome is unknown', async () => {
  const { answer } = await answerOf(
    async function* ({ intent }) {
      await intent('a user')
      yield {}
    },
    { effect: 'write' },
  )

  expect(answer).toMatchObject({ type: 'failed', outcome: 'unknown' })
})

describe('a change', () => {
  const clock = createFakeClock()
  const late = times.startWithinMs + 1

  /** Whether leave is given. */
  const leaveAfter = async (wait: (run: HeldRun) => unknown) => {
    const given: boolean[] = []
    await answerOf(
      async function* ({ intent }, run) {
        await wait(run)
        given.push(await intent('a user'))
        yield { ...row, outcome: 'applied' }
      },
      { clock, effect: 'write' },
    )
    return given
  }

  test('may start at the last instant', async () => {
    expect(await leaveAfter(() => clock.advance(times.startWithinMs))).toEqual([true])
  })

  test('does not start later by the wall clock, although the other clock stood still', async () => {
    expect(await leaveAfter(() => clock.jump(late))).toEqual([false])
  })

  test('does not start later by the monotonic clock, although the wall clock was set back', async () => {
    const wait = async () => {
      await clock.advance(late)
      clock.jump(-late)
    }

    expect(await leaveAfter(wait)).toEqual([false])
  })

  test('does not start once the run is cancelled', async () => {
    expect(await leaveAfter((run) => run.cancel())).toEqual([false])
  })

  test.for([
    ['no', undefined, 'jumpcloud_unreachable', 'not_applied'],
    ['maybe', undefined, 'jumpcloud_unreachable', 'unknown'],
    ['maybe', 403, 'jumpcloud_forbidden', 'not_applied'],
    ['maybe', 302, 'jumpcloud_unreachable', 'unknown'],
    ['maybe', 503, 'jumpcloud_unavailable', 'unknown'],
  ] as const)(
    'of which a byte was sent: %s, answered with: %s (%s), came to %s',
    async ([sent, status, code, outcome]) => {
      const { answer } = await answerOf(
        async function* ({ intent }) {
          await intent('a user')
          yield await Promise.reject(new CallError(code, 'add a member: no', { sent, status }))
        },
        { effect: 'write' },
      )

      expect(answer).toMatchObject({ type: 'failed', outcome })
    },
  )
})

test('says of a write that an earlier process began that its outcome is unknown, although JumpCloud refuses this one to look', async () => {
  const output = { pages: [], pageCount: 0, rowCount: 0, digest: undefined, answer: undefined }
  const past = { effect: 'write', output, steps: [], targets: new Map([['a user', undefined]]) } as const
  const refusal = new CallError('rate_limited', 'read the organisation: no', { sent: 'maybe', status: 429 })
  const clock = createFakeClock()
  const log = createLog({ level: 'info', write: () => {}, guard: createLeakGuard(), clock })
  await using directory = await createJournalDirectory()
  await using journal = await directory.open()
  const run = makeHeldRun({ past, journal })
  const contract: JobContract = groupsList
  const admission = { job: 'groups.list', effect: 'write', contract, params: {}, connection: 'main' } as const
  run.admit(admission)

  const handler = async function* () {}
  const jumpcloud = () => Promise.reject(refusal)
  await execute({
    run,
    admission,
    clock,
    log,
    handler,
    jumpcloud,
    ...{ permit: async () => admission, settled: async () => {}, isPanic: () => false, redaction: noRedaction },
  })

  expect(run.output.answered).toMatchObject({ type: 'failed', outcome: 'unknown', error: { code: 'rate_limited' } })
})

test.each([
  ['cancel', 'cancelled'],
  ['abandon', undefined],
] as const)(
  'takes no further row of a read after %s, although its handler goes on, and answers with %s',
  async (verb, code) => {
    let takenCount = 0

    const { answer } = await answerOf(async function* (_, run) {
      while (takenCount < 3) {
        takenCount += 1
        run[verb]()
        yield row
      }
    })

    expect(answer?.type === 'failed' ? answer.error.code : undefined).toBe(code)
    expect(takenCount).toBe(1)
  },
)

test('says of a JumpCloud that does not answer in time that it did not, after a second try', async () => {
  const clock = createLeapingClock()
  await using server = await startRawServer(() => clock.advance(times.callMs))

  const { answer } = await answerOf(listGroups, { clock, url: server.url })

  const code: ErrorCode = 'jumpcloud_timeout'
  expect(answer).toMatchObject({ type: 'failed', error: { code, message: expect.stringContaining('within 30 s') } })
  expect(server.requests).toHaveLength(2)
})

test('a write that was cancelled when a change might have left never says that it was before anything was changed', async () => {
  const { answer } = await answerOf(
    async function* ({ intent, signal }, run) {
      await intent('somebody')
      run.cancel()
      signal.throwIfAborted()
      yield row
    },
    { effect: 'write' },
  )

  expect(answer).toMatchObject({ type: 'failed', outcome: 'unknown', error: { code: 'outcome_unknown' } })
})
