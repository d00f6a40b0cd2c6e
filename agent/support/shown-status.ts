// What the running agent says of itself, for somebody else's eyes: which members are shown is named here.

import { z } from 'zod'

const named = z.object({ name: z.string(), message: z.string() })
const connection = z.object({
  ...{ name: z.string(), state: z.string(), expiresAt: z.string().optional() },
  capabilities: z.array(z.object({ family: z.string(), state: z.string(), code: z.string().optional() })).optional(),
})

/** What is not named falls away. */
export const shownStatus = z.object({
  ...{ version: z.string(), agent: z.string(), replica: z.string(), startedAt: z.string() },
  ...{ live: z.boolean(), ready: z.boolean(), reasons: z.array(z.string()), warnings: z.array(z.string()) },
  session: z.object({ state: z.string(), plane: z.string(), since: z.string(), lead: z.boolean() }),
  connections: z.array(connection),
  ...{ journal: named, ledger: named },
  runs: z.object({
    ...{ held: z.number(), done: z.number(), failed: z.number(), refused: z.number(), rows: z.number() },
  }),
  calls: z.array(z.object({ connection: z.string(), status: z.string(), count: z.number() })),
})
export type ShownStatus = z.infer<typeof shownStatus>
