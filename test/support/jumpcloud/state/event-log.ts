// Owns the Directory Insights events of one organisation, in the order in which Insights sorts them:
// millisecond, then id. An event may become visible later than it happened (ingest delay).

import type { JsonObject } from '../json.ts'

export type InsightsEvent = JsonObject & {
  readonly id: string
  readonly event_type: string
  readonly service: string
  readonly timestamp: string
}

export interface LoggedEvent {
  readonly event: InsightsEvent
  /** The timestamp cut to milliseconds, which is what `search_after` carries. */
  readonly happenedAt: number
  readonly visibleAt: number
}

export class EventLog {
  readonly #entries: LoggedEvent[] = []

  get all(): readonly LoggedEvent[] {
    return this.#entries
  }

  append(event: InsightsEvent, visibleAt = 0): void {
    const entry = { event, happenedAt: Date.parse(event.timestamp), visibleAt }
    let position = this.#entries.length
    while (position > 0 && comesBefore(entry, this.#entries[position - 1])) position -= 1
    this.#entries.splice(position, 0, entry)
  }
}

function comesBefore(entry: LoggedEvent, other: LoggedEvent | undefined): boolean {
  if (other === undefined) return false
  if (entry.happenedAt !== other.happenedAt) return entry.happenedAt < other.happenedAt
  return entry.event.id < other.event.id
}
