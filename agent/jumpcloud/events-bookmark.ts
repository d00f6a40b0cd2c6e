// How far the events of a window were handed out, as it is kept across processes. It does not read: `insights.ts` does.

import { z } from 'zod'

export const eventsCursor = z.array(z.union([z.string(), z.number()])).min(1)
export type EventsCursor = z.infer<typeof eventsCursor>

const eventsPlace = z.strictObject({
  /** Of the page that is being handed out; left out for the first. */
  after: eventsCursor.optional(),
  /** The event of that page that was taken last; left out where none was. */
  lastId: z.string().optional(),
  /** The page is the same only at the same limit. */
  limit: z.int().positive(),
})
export type EventsPlace = Readonly<z.infer<typeof eventsPlace>>

/** 10,000 events are the most that one page holds (JumpCloud reference 16.1 [S]). */
export const firstPlace: EventsPlace = { limit: 10_000 }

/** `next` is null once all events were taken. */
export const eventsStep = z.strictObject({ kind: z.literal('events'), next: eventsPlace.nullable() })
export type EventsStep = z.infer<typeof eventsStep>

export type EventsBookmark = {
  /** Where an earlier process stopped, or the first page. */
  readonly start: EventsPlace | null
  /** Cursors that earlier processes followed, as far as they are known. */
  readonly followed: readonly EventsCursor[]
  /** What is handed out from now on; null where there is nothing more to read. */
  moveTo(place: EventsPlace | null): void
  /** The consumer has asked for the event after this one. */
  take(id: string): void
  /** Every event of the pages read so far was taken. */
  pageTaken(): Promise<void>
  step(): EventsStep
}

type Options = { readonly steps: readonly EventsStep[]; readonly pageTaken: () => Promise<void> }

export function createEventsBookmark({ steps, pageTaken }: Options): EventsBookmark {
  const last = steps.at(-1)
  const start = last === undefined ? firstPlace : last.next
  let next = start
  return {
    start,
    followed: steps.flatMap((step) => (step.next?.after === undefined ? [] : [step.next.after])),
    moveTo: (place) => {
      next = place
    },
    take: (id) => {
      if (next !== null) next = { ...next, lastId: id }
    },
    pageTaken,
    step: () => ({ kind: 'events', next }),
  }
}
