import { z } from 'zod'
import { defineJob } from '../job-contract.ts'

export default defineJob({
  name: 'events.pull',
  effect: 'read',
  rows: 'many',
  params: z
    .strictObject({
      startAt: z.iso.datetime({ offset: false }).describe('RFC 3339 in UTC; inclusive'),
      endAt: z.iso.datetime({ offset: false }).describe('RFC 3339 in UTC; inclusive'),
      services: z
        .array(z.string().regex(/^[a-z_]{1,64}$/))
        .min(1)
        .max(64)
        .default(['all'])
        .describe('services of Directory Insights; `all` for every one'),
    })
    .refine(({ startAt, endAt }) => Date.parse(startAt) < Date.parse(endAt), 'startAt must be before endAt'),
  row: z.object({
    id: z.string(),
    service: z.string().nullable(),
    type: z.string().nullable(),
    timestamp: z.string().nullable().describe('as JumpCloud wrote it; its precision varies'),
    event: z.record(z.string(), z.unknown()).describe('the event as it came, without the paths in `removed`'),
    removed: z
      .array(z.string())
      .describe('paths that were taken out: keys, phone numbers, addresses, custom attributes, secrets'),
  }),
  docs: {
    summary: 'The events of Directory Insights in a window of time, oldest first, as they came.',
    calls: ['POST /insights/directory/v1/events'],
    scopes: ['directoryinsights.readonly'],
    example: { startAt: '2026-01-01T00:00:00Z', endAt: '2026-01-01T01:00:00Z' },
  },
})
