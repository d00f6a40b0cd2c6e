import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Output } from '../../../agent/runs/output.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { pagesOf } from '../../support/pages.ts'

/** Lets happen what happens at once. */
const turn = () => createFakeClock().advance(0)

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
/** With these pages. */
function make(...texts: readonly string[]) {
  const output = new Output('run-00000001', 1, () => {})
  for (const page of pagesOf(...texts)) output.add(page)
  return output
}

/** Takes what may be sent now, as a session would. */
function take(output: Output): Record<string, unknown> | undefined {
  const frame = output.peek()
  frame?.sent()
  return frame && JSON.parse(frame.text())
}

test('keeps the only page until it is known to be the only one', () => {
  const output = make('[1]')

  expect(output.peek()).toBeUndefined()
  output.finish({ type: 'done', outcome: undefined })

  expect(output.peek()?.byteCount).toBe(3)
  expect(take(output)).toEqual({
    ...{ type: 'done', run: 'run-00000001', attempt: 1, pages: 1, rowCount: 1, sha256: sha256('[1]'), rows: [1] },
  })
  expect(output.peek()).toBeUndefined()
})

test('waits with the handler while three pages are not stored', async () => {
  const output = make('[1]', '[2]')
  await output.room()
  for (const page of pagesOf('[1]', '[2]', '[3]').slice(2)) output.add(page)

  let isReady = false
  const third = output.room().then(() => {
    isReady = true
  })
  take(output)
  await turn()
  expect(isReady).toBe(false)
  output.stored(0)
  await third

  expect(isReady).toBe(true)
})

test('does not believe that a page was stored which it did not send', async () => {
  const output = make('[1]', '[2]')

  output.stored(7)
  output.finish({ type: 'done', outcome: undefined })

  expect([take(output), take(output), take(output)]).toMatchObject([{ seq: 0 }, { seq: 1 }, { type: 'done', pages: 2 }])
})

test('drops unsent pages of a failed run, and tells its failure after those that were sent', async () => {
  const output = make('[1]', '[2]')
  take(output)

  output.finish({ type: 'failed', error: { code: 'not_found', message: 'gone' }, outcome: undefined })

  expect(take(output)).toMatchObject({ type: 'failed', error: { code: 'not_found' } })
  output.rewind(0)
  expect([take(output), take(output)]).toMatchObject([{ type: 'page', seq: 0 }, { type: 'failed' }])
})

test('counts the first answer alone', () => {
  const output = make()

  output.finish({ type: 'refused', error: { code: 'policy_denied', message: '' } })
  output.finish({ type: 'done', outcome: undefined })

  expect(take(output)).toMatchObject({ type: 'refused' })
})

test('tells an answer that was overruled even where pages that were sent can not be sent again', async () => {
  const output = make('[1]', '[2]')
  take(output)
  take(output)

  output.overrule({ type: 'failed', error: { code: 'leak_blocked', message: '' }, outcome: undefined })
  output.rewind(1)

  expect(take(output)).toMatchObject({ type: 'failed', error: { code: 'leak_blocked' } })
})

test('announces itself once, before its first page, and not where the plane has pages already', async () => {
  const output = make('[1]')
  expect(output.announce()).toBe(false)
  for (const page of pagesOf('[1]', '[2]').slice(1)) output.add(page)

  expect([output.announce(), output.announce()]).toEqual([true, false])
  output.rewind(0)
  expect(output.announce()).toBe(true)
  output.rewind(1)
  expect(output.announce()).toBe(false)
})

test('tells again what it is asked for while the answer before is still on its way', () => {
  const output = make('[1]')
  output.finish({ type: 'done', outcome: undefined })
  const onItsWay = output.peek()

  output.become(2)
  output.rewind(0)
  onItsWay?.sent()

  expect(output.told).toBe(false)
  expect(take(output)).toMatchObject({ type: 'done', attempt: 2 })
  expect(output.told).toBe(true)
})

test('goes on where an earlier process stopped: what is stored is not there, and the digest is that of all pages', () => {
  const [first, second, third] = pagesOf('[1]', '[2]', '[3]')
  if (first === undefined || second === undefined || third === undefined) throw new Error('three pages were made')
  const past = { pages: [second], pageCount: 2, rowCount: 2, digest: second.digest, answer: undefined }
  const output = new Output('run-00000001', 1, () => {}, past)

  output.rewind(1)
  const before = output.lastPage
  output.add(third)
  output.finish({ type: 'done', outcome: undefined })

  expect(before).toEqual({ seq: 1, digest: second.digest })
  expect([take(output), take(output), take(output), take(output)]).toMatchObject([
    { type: 'page', seq: 1, rows: [2] },
    { type: 'page', seq: 2, rows: [3] },
    { type: 'done', pages: 3, rowCount: 3, sha256: third.digest },
    undefined,
  ])
})

test('is emptied when the plane has every page, and not before', async () => {
  const output = make('[1]', '[2]')
  const told: string[] = []
  const emptied = output.emptied().then(() => told.push('emptied'))
  take(output)
  take(output)

  output.stored(0)
  await turn()
  told.push('one is left')
  output.stored(1)
  await emptied

  expect(told).toEqual(['one is left', 'emptied'])
})

test('can be told from a page that is here, or from behind the last, and from no other', () => {
  const output = make('[1]', '[2]', '[3]')
  for (const _ of [1, 2]) take(output)
  output.stored(0)

  expect([0, 1, 2, 3, 4].map((next) => output.canTellFrom(next))).toEqual([false, true, true, true, false])
})

test('tells that it failed whatever the plane has of its pages', () => {
  const output = make('[1]', '[2]', '[3]')
  for (const _ of [1, 2]) take(output)
  output.stored(0)
  output.finish({ type: 'failed', error: { code: 'not_found', message: 'gone' }, outcome: undefined })

  for (const next of [0, 1, 2, 3]) {
    output.rewind(next)
    const told = [take(output), take(output), take(output)].filter((frame) => frame !== undefined)
    expect(output.canTellFrom(next)).toBe(true)
    expect(told.at(-1)).toMatchObject({ type: 'failed' })
    expect(told.slice(0, -1).map(({ seq }) => seq)).toEqual(next === 1 ? [1] : [])
  }
})

test.each(['drop', 'finish', 'overrule'] as const)(
  'takes no page more after %s, so that nobody waits for it',
  async (verb) => {
    const output = make('[1]')
    const failed = { type: 'failed', error: { code: 'cancelled', message: '' }, outcome: undefined } as const
    if (verb === 'drop') output.drop()
    else output[verb](failed)
    if (verb === 'finish') output.drop()

    for (const page of pagesOf('[1]', '[2]').slice(1)) output.add(page)

    await output.emptied()
    expect(output.sums.pages).toBeLessThan(2)
  },
)
