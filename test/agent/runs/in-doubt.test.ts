import { createHash } from 'node:crypto'
import { jobs } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { inDoubt } from '../../../agent/runs/in-doubt.ts'
import { makeHeldRun } from '../../support/held-run.ts'
import { castOf, type OpenSession, openWriter, postsOf } from '../../support/open-session.ts'
import { pagesOf } from '../../support/pages.ts'
import { type Collected, digestOf, type PlaneSession, rowsOf } from '../../support/plane-peer-session.ts'

const id = 'run-00000001'
const proved = { type: 'done', outcome: 'not_applied' } as const
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const nobody = '0123456789abcdef01234567'
const taken = { attempt: 2, doubtful: true }

/** One who becomes a member, and one who does not exist. */
function addition({ jumpcloud }: OpenSession) {
  const { groupId, outsiders } = castOf(jumpcloud)
  return { job: 'groups.members.add', params: { groupId, userIds: [...outsiders.slice(0, 1), nobody] } }
}

async function toldBy(session: PlaneSession) {
  const collected = await session.collect(id)
  return { ...collected, said: saidBy(collected) }
}

function saidBy({ rows }: Collected) {
  return rows.map(Object).map(({ outcome, reason }) => [outcome, reason])
}

test('who takes a write over says unknown where it would prove that nothing was done', async () => {
  await using open = await openWriter()
  const { session } = open

  session.run([{ ...addition(open), ...taken }])
  const { answer, pages, said } = await toldBy(session)

  expect(answer).toMatchObject({ type: 'done', attempt: 2, outcome: 'unknown' })
  expect(said).toEqual([
    ['applied', null],
    ['unknown', 'unanswered'],
  ])
  expect(answer.sha256).toBe(digestOf([...pages, answer]))
})

test('who is the first says what it proved', async () => {
  await using open = await openWriter()
  const { session } = open

  session.run([addition(open)])
  const { answer, said } = await toldBy(session)

  expect(answer).toMatchObject({ outcome: 'not_applied' })
  expect(said.at(-1)).toEqual(['not_applied', 'user_not_found'])
})

test('a refusal of the one change proves nothing in doubt', async () => {
  await using open = await openWriter()
  open.jumpcloud.levers.answerStatus({ method: 'POST', status: 403 })

  open.session.run([{ ...addition(open), ...taken }])

  const error = { code: 'jumpcloud_forbidden' }
  expect(await open.session.answer(id)).toMatchObject({ type: 'failed', outcome: 'unknown', error })
})

test('an answer that was given before is given again with the doubt that came since, and nothing is sent again', async () => {
  await using open = await openWriter()
  const { session } = open
  const write = addition(open)
  session.run([write])
  await session.collect(id)
  const before = postsOf(open).length

  session.run([{ ...write, attempt: 3, doubtful: true }])
  const { answer, pages, said } = await toldBy(session)

  expect(answer).toMatchObject({ type: 'done', attempt: 3, outcome: 'unknown' })
  expect(said.at(-1)).toEqual(['unknown', 'unanswered'])
  expect(answer.sha256).toBe(digestOf([...pages, answer]))
  expect(postsOf(open)).toHaveLength(before)
})

test('so is one that nobody has acknowledged yet', async () => {
  await using open = await openWriter()
  const { session } = open
  const write = addition(open)
  session.run([write])
  await session.next('done')

  session.run([{ ...write, attempt: 3, doubtful: true }])

  const again = await session.next('done')
  expect(again).toMatchObject({ attempt: 3, outcome: 'unknown' })
  expect(rowsOf(again)).not.toContain('not_applied')
  expect(again.sha256).toBe(digestOf([again]))
})

test('so is one of an earlier process, which wrote down what it had proved', () => {
  const pages = pagesOf('[{"userId":"u","outcome":"not_applied","reason":"not_sent"}]')
  const output = { pages, pageCount: 1, rowCount: 1, digest: pages[0]?.digest, answer: proved }
  const past = { effect: 'write', output, steps: [], targets: new Map() } as const

  const run = makeHeldRun({ past, order: { doubtful: true } })

  const told = JSON.parse(run.output.peek()?.text() ?? '')
  expect(told).toMatchObject({ outcome: 'unknown', rows: [{ outcome: 'unknown', reason: 'unanswered' }] })
  expect(told.sha256).toBe(sha256(JSON.stringify(told.rows)))
})

test('a run that is answered before it did anything says unknown too', () => {
  const answer = { type: 'failed', error: { code: 'cancelled', message: '' }, outcome: 'not_applied' } as const

  expect(inDoubt({ pages: [], answer }).answer).toEqual({ ...answer, outcome: 'unknown' })
})

test('a refusal says nothing of what was done, so it stays as it is', () => {
  const answer = { type: 'refused', error: { code: 'policy_denied', message: '' } } as const

  expect(inDoubt({ pages: [], answer })).toEqual({ pages: [], answer })
})

test.each(Object.values(jobs).filter(({ effect }) => effect === 'write'))(
  'what is said in doubt fits the rows of $name',
  async ({ load }) => {
    const contract = await load()
    const row = { userId: nobody, outcome: 'not_applied', reason: 'not_sent', would: null }
    const [page] = inDoubt({ pages: pagesOf(JSON.stringify([row])), answer: proved }).pages

    const rows: unknown[] = JSON.parse(page?.rows ?? '')
    expect(rows.map((one) => contract.row.parse(one))).toEqual([{ ...row, outcome: 'unknown', reason: 'unanswered' }])
  },
)
