import { expect, test } from 'vitest'
import type { Answer } from '../../../agent/jumpcloud/answer.ts'
import type { Call } from '../../../agent/jumpcloud/call.ts'
import { CallError } from '../../../agent/jumpcloud/call-error.ts'
import { events } from '../../../agent/jumpcloud/insights.ts'

const query = { startAt: '2026-03-04T00:00:00Z', endAt: '2026-03-04T01:00:00Z', services: ['all'] }

type Sent = { readonly limit: number; readonly search_after?: readonly unknown[] }

/** Pages of events, one after the other, each with the headers that it is given. */
function createPages(pages: readonly { readonly count: number; readonly headers?: Record<string, string> }[]) {
  const sent: Sent[] = []
  const post = async (call: Call): Promise<Answer> => {
    // The test reads back what `events` made; the wire form is JSON.
    sent.push(JSON.parse(JSON.stringify(call.body)) as Sent)
    const { count, headers = {} } = pages[sent.length - 1] ?? { count: 0 }
    const body = JSON.stringify(Array.from({ length: count }, (_, index) => ({ id: `${sent.length}-${index}` })))
    return { status: 200, body, header: (name) => headers[name] }
  }
  return { sent, post }
}

const full = (cursor: string) => ({ count: 2, headers: { 'x-limit': '2', 'x-search_after': cursor } })

test('repeats the identical query with the cursor of the page before', async () => {
  const { sent, post } = createPages([
    full('[1,"a"]'),
    full('[2,"b"]'),
    { count: 1, headers: { 'x-limit': '2', 'x-search_after': '[3,"c"]' } },
  ])

  const found = await Array.fromAsync(events(query, post))

  expect(found.map(({ id }) => id)).toEqual(['1-0', '1-1', '2-0', '2-1', '3-0'])
  const [first, second, third] = sent
  expect(first).toEqual({
    service: ['all'],
    start_time: query.startAt,
    end_time: query.endAt,
    sort: 'ASC',
    limit: 10_000,
  })
  expect(second).toEqual({ ...first, search_after: [1, 'a'] })
  expect(third).toEqual({ ...first, search_after: [2, 'b'] })
})

test('goes by the limit that JumpCloud says it used', async () => {
  const { sent, post } = createPages([{ count: 2, headers: { 'x-limit': '3', 'x-search_after': '[1]' } }])

  await Array.fromAsync(events(query, post))

  expect(sent).toHaveLength(1)
})

test('asks again at half the limit, from the same place, where a page is too large to take', async () => {
  const { sent, post } = createPages([full('[1]'), { count: 0 }])
  let refusals = 3
  const choking = async (call: Call) => {
    if (sent.length === 1 && refusals-- > 0)
      throw new CallError('response_too_large', 'too large', { sent: 'maybe', status: 200 })
    return post(call)
  }

  await Array.fromAsync(events(query, choking))

  expect(sent.map(({ limit }) => limit)).toEqual([10_000, 1250])
  expect(sent[1]?.search_after).toEqual([1])
})

test('gives up where a single event is too large', async () => {
  const post = async () => {
    throw new CallError('response_too_large', 'too large', { sent: 'maybe', status: 200 })
  }

  await expect(Array.fromAsync(events(query, post))).rejects.toMatchObject({ code: 'response_too_large' })
})

test.for([
  ['no cursor', { 'x-limit': '2' }],
  ['a cursor that is not JSON', { 'x-limit': '2', 'x-search_after': 'nonsense' }],
  ['a cursor that is no list', { 'x-limit': '2', 'x-search_after': '{}' }],
] as const)('refuses to go on after a full page with %s', async ([, headers]) => {
  const { post } = createPages([{ count: 2, headers }])

  await expect(Array.fromAsync(events(query, post))).rejects.toMatchObject({
    code: 'response_unexpected',
    message: expect.stringContaining('X-Search_after'),
  })
})

test.each([
  { what: 'small', cursors: ['[1]', '[1]'] },
  { what: 'large', cursors: ['[1]', '[2]', '[3]', '[1]'] },
])('refuses to go round in a $what circle', async ({ cursors }) => {
  const { post } = createPages(cursors.map(full))

  await expect(Array.fromAsync(events(query, post))).rejects.toMatchObject({ code: 'response_unexpected' })
})

test('refuses events without an id', async () => {
  const post = async (): Promise<Answer> => ({ status: 200, body: '[{"service":"sso"}]', header: () => undefined })

  await expect(Array.fromAsync(events(query, post))).rejects.toMatchObject({
    code: 'response_unexpected',
    message: expect.stringContaining('0.id'),
  })
})
