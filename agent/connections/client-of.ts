// The client of JumpCloud that a connection is given: where it goes, how fast, and that the ledger hears of each call.

import type { Connection as Settings } from '../configuration/configuration.ts'
import type { Connector } from '../egress/connector.ts'
import type { Access } from '../jumpcloud/access.ts'
import { createJumpCloud, type JumpCloud } from '../jumpcloud/jumpcloud.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { callEntry } from '../runs/run-ledger.ts'

export type ClientOptions = {
  readonly name: string
  readonly settings: Settings
  readonly connector: Connector
  readonly ledger: Pick<Ledger, 'add'>
  readonly log: Pick<Log, 'warn'>
  readonly userAgent: string
  readonly clock: Clock
  readonly random: Random
}

export function clientOf(
  { name, settings, userAgent, clock, random, connector, ledger, log }: ClientOptions,
  access: Access,
): JumpCloud {
  const { hosts, organisationId, concurrency, requestsPerHour } = settings
  const where = typeof hosts === 'string' ? { region: hosts } : { baseUrls: hosts }
  return createJumpCloud({
    settings: { ...where, organisationId, concurrency, requestsPerHour },
    access,
    userAgent,
    clock,
    random,
    connector,
    onCalled: (called) => ledger.add(callEntry(called, name)),
    onBudgetSpent: (roomAt) => {
      const message =
        'the requests are used up that requestsPerHour allows; runs fail as budget_spent until there is room'
      log.warn('jumpcloud.budget_spent', { connection: name, roomAt: new Date(roomAt).toISOString(), message })
    },
  })
}
