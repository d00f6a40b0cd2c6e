// How far one lane has come in its listing, in steps that outlive the process, and how a later one goes on from them.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import { createEventsBookmark, type EventsBookmark, eventsStep } from './events-bookmark.ts'
import { createListBookmark, type ListBookmark, listStep } from './list-bookmark.ts'

/** What was handed out since the step before. JSON; all steps of a run together say where it goes on. */
export const step = z.discriminatedUnion('kind', [listStep, eventsStep])
export type Step = z.infer<typeof step>

export type Progress = {
  /** Called, and awaited, whenever every row of the pages read so far has been taken: the consumer has asked for the next. */
  readonly onPageTaken: () => Promise<void>
  /** Steps of earlier processes, oldest first; empty at the start. */
  readonly steps: readonly Step[]
}

/**
 * Follows the first listing of a lane. A second one cannot be told from it in a step, so that from its beginning on there
 * are no steps any more, and `onPageTaken` is not called.
 */
export type Bookmark = {
  /** For a listing that begins. Throws `attempt_lost` where the steps are of something else. */
  list(): ListBookmark | undefined
  events(): EventsBookmark | undefined
  step(): Step | undefined
}

export function createBookmark({ steps, onPageTaken }: Progress): Bookmark {
  let begunCount = 0
  let first: ListBookmark | EventsBookmark | undefined
  const pageTaken = async () => {
    if (begunCount === 1) await onPageTaken()
  }
  const begin = <Made extends ListBookmark | EventsBookmark>(make: () => Made): Made | undefined => {
    begunCount += 1
    if (begunCount > 1) return undefined
    const made = make()
    first = made
    return made
  }

  return {
    list: () =>
      begin(() => {
        const ofList = steps.filter((one) => one.kind === 'list')
        if (ofList.length < steps.length) throw strangers('a listing')
        return createListBookmark({ steps: ofList, pageTaken })
      }),
    events: () =>
      begin(() => {
        const ofEvents = steps.filter((one) => one.kind === 'events')
        if (ofEvents.length < steps.length) throw strangers('events')
        return createEventsBookmark({ steps: ofEvents, pageTaken })
      }),
    step: () => (begunCount === 1 ? first?.step() : undefined),
  }
}

function strangers(what: string): SallyportError {
  return new SallyportError(
    'attempt_lost',
    `go on with ${what} where an earlier process of the agent stopped: what it kept is of something else; ask again`,
  )
}
