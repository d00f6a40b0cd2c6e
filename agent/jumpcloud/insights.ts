// Events of Directory Insights, page after page by `search_after`. A page is asked for through a function that is passed in.

import { z } from 'zod'
import { type Answer, readAnswer, unexpected } from './answer.ts'
import type { Call } from './call.ts'
import { CallError } from './call-error.ts'
import {
  type EventsBookmark,
  type EventsCursor,
  type EventsPlace,
  eventsCursor,
  firstPlace,
} from './events-bookmark.ts'

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

type Post = (call: Call) => Promise<Answer>

/**
 * Yields the events of a window, oldest first. Every page repeats the identical query with the cursor of the page before;
 * a page is the last when it holds fewer than the limit that JumpCloud says it used. A page that is too large to take is
 * asked for again at half the limit.
 */
export async function* events(
  query: EventsQuery,
  post: Post,
  bookmark?: EventsBookmark,
): AsyncGenerator<InsightsEvent> {
  const seen = new Set(bookmark?.followed.map((cursor) => JSON.stringify(cursor)))
  let place = bookmark === undefined ? firstPlace : bookmark.start
  while (place !== null) {
    const { rows, limit, call, answer } = await readPage(query, place, post)
    bookmark?.moveTo({ ...place, limit })
    const rest = restOf(rows, place.lastId)
    for (const event of rest) {
      yield event
      bookmark?.take(event.id)
    }
    place = rows.length < limitOf(answer, limit) ? null : { after: nextCursor(call, answer, seen), limit }
    bookmark?.moveTo(place)
    if (rest.length > 0) await bookmark?.pageTaken()
  }
}

async function readPage(query: EventsQuery, { after, lastId, limit: limitAtFirst }: EventsPlace, post: Post) {
  for (let limit = limitAtFirst; ; limit = Math.floor(limit / 2)) {
    const call = eventsCall(query, limit, after)
    const answer = await post(call).catch((error: unknown) => {
      // Of a page that was begun by an earlier process, half could be without the event after which it goes on.
      const mayBeHalved = limit > 1 && lastId === undefined
      if (error instanceof CallError && error.code === 'response_too_large' && mayBeHalved) return 'too_large' as const
      throw error
    })
    if (answer !== 'too_large') return { rows: readAnswer(call, answer, page), limit, call, answer }
  }
}

/** What comes after the event that was taken last. Where that is gone, so are those before it: events go with age, oldest first. */
function restOf(rows: readonly InsightsEvent[], lastId: string | undefined): readonly InsightsEvent[] {
  return rows.slice(rows.findIndex(({ id }) => id === lastId) + 1)
}

function eventsCall({ services, startAt, endAt }: EventsQuery, limit: number, after: EventsCursor | undefined): Call {
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
function nextCursor(call: Call, answer: Answer, seen: Set<string>): EventsCursor {
  const header = answer.header('x-search_after')
  const parsed = eventsCursor.safeParse(header === undefined ? undefined : jsonOrNothing(header))
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
