import type contract from '@sallyport/protocol/jobs/events-pull'
import type { ReadHandler } from './handler.ts'
import { redactEvent } from './redact-event.ts'

const pullEvents: ReadHandler<typeof contract> = async function* ({ params, jumpcloud, redaction }) {
  for await (const event of jumpcloud.events(params)) {
    const { id, service, event_type: type, timestamp } = event
    const redacted = redactEvent(event, redaction)
    yield {
      id,
      service: service ?? null,
      type: type ?? null,
      timestamp: timestamp ?? null,
      event: redacted.event,
      removed: [...redacted.removed],
    }
  }
}
export default pullEvents
