// Events of Directory Insights, page after page by `search_after`. A page is asked for through a function that is passed in.

import { z } from 'zod'
import { type Answer, readAnswer, unexpected } from './answer.ts'
import type { Call } from './call.ts'
import { CallError } from './call-error.ts'

export type EventsQuery = {
  /** RFC 3339 in UTC; both ends are inclusive. */
  readonly startAt: string
  readonly endAt: string
  readonly services: readonly string[]
}

const insightsEvent = z.looseObject({
  id: z.string(),
  service: z.string().nullish(),
  event_type: z.string().nullish(),
  timestamp: z.string().nullish(),
})
/** An event as it came. Only what every event is known to have is checked; its id is opaque (JumpCloud reference 16.4 [R]). */
export type InsightsEvent = z.infer<typeof insightsEvent>

const page = z.array(insightsEvent)
const cursorShape = z.array(z.union([z.string(), z.number()])).min(1)
type Cursor = z.infer<typeof cursorShape>

/** The most that one page holds (JumpCloud reference 16.1 [S]). */
const largestPage = 10_000

/**
 * Yields the events of a window, oldest first. Every page repeats the identical query with the cursor of the page before;
 * a page is the last when it holds fewer than the limit that JumpCloud says it used. A page that is too large to take is
 * asked for again at half the limit.
 */
export async function* events(
  query: EventsQuery,
  post: (call: Call) => Promise<Answer>,
): AsyncGenerator<InsightsEvent> {
  let limit = largestPage
  let after: Cursor | undefined
  const seen = new Set<string>()
  for (;;) {
    const call = eventsCall(query, limit, after)
    const answer = await post(call).catch((error: unknown) => {
      if (error instanceof CallError && error.code === 'response_too_large' && limit > 1) return 'too_large' as const
      throw error
    })
    if (answer === 'too_large') {
      limit = Math.floor(limit / 2)
      continue
    }
    const rows = readAnswer(call, answer, page)
    yield* rows
    if (rows.length < limitOf(answer, limit)) return
    after = nextCursor(call, answer, seen)
  }
}

function eventsCall({ services, startAt, endAt }: EventsQuery, limit: number, after: Cursor | undefined): Call {
  const body = { service: services, start_time: startAt, end_time: endAt, sort: 'ASC', limit }
  return {
    operation: 'pull events',
    effect: 'read',
    host: 'api',
    method: 'POST',
    path: '/insights/directory/v1/events',
    body: after === undefined ? body : { ...body, search_after: after },
  }
}

function limitOf(answer: Answer, asked: number): number {
  const said = Number(answer.header('x-limit'))
  return Number.isInteger(said) && said > 0 ? said : asked
}

/** The header comes with every page, so a full one without it, or one that was `seen` before, cannot be followed. */
function nextCursor(call: Call, answer: Answer, seen: Set<string>): Cursor {
  const header = answer.header('x-search_after')
  const parsed = cursorShape.safeParse(header === undefined ? undefined : jsonOrNothing(header))
  if (!parsed.success) {
    const hint = 'no usable X-Search_after header (a proxy may drop headers with an underscore)'
    throw unexpected(call, answer, hint)
  }
  const text = JSON.stringify(parsed.data)
  if (seen.has(text)) throw unexpected(call, answer, 'the same X-Search_after as before')
  seen.add(text)
  return parsed.data
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
