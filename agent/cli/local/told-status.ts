// What the running agent tells of itself and of its runs, as the commands on its host read it.

import { z } from 'zod'

/** Of an agent of another version: what is not known here is ignored, and what is shown has to be there. */
const state = z.looseObject({ name: z.string(), message: z.string() })
export const toldStatus = z.looseObject({
  ...{ version: z.string(), agent: z.string(), replica: z.string(), startedAt: z.string() },
  ...{ live: z.boolean(), ready: z.boolean(), reasons: z.array(z.string()), warnings: z.array(z.string()) },
  session: z.looseObject({ state: z.string(), plane: z.string(), since: z.string(), lead: z.boolean() }),
  policy: z.looseObject({ digest: z.string().nullable(), jobs: z.array(z.string()) }),
  connections: z.array(z.looseObject({ name: z.string(), state: z.string(), expiresAt: z.string().optional() })),
  journal: state,
  ledger: z.looseObject({ ...state.shape, head: z.looseObject({ seq: z.number(), hash: z.string() }).nullable() }),
  runs: z.looseObject({
    ...{ held: z.number(), done: z.number(), failed: z.number(), refused: z.number(), rows: z.number() },
  }),
})

export const toldRun = z.looseObject({
  ...{ run: z.string(), attempt: z.number(), job: z.string(), connection: z.string(), requester: z.string() },
  ...{ state: z.string(), receivedAt: z.string(), rows: z.number() },
})
export type ToldRun = z.infer<typeof toldRun>
export type ToldStatus = z.infer<typeof toldStatus>
