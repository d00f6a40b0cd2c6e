// The agent's own JumpCloud client, connected to a server of the test.

import { z } from 'zod'
import { type Connector, createConnector } from '../../agent/egress/connector.ts'
import { fixedAccess } from '../../agent/jumpcloud/access.ts'
import { createJumpCloud, type JumpCloud, type JumpCloudSettings } from '../../agent/jumpcloud/jumpcloud.ts'
import type { JumpCloudReads } from '../../agent/jumpcloud/port.ts'
import type { Clock } from '../../agent/ports/clock.ts'
import type { Random } from '../../agent/ports/random.ts'
import { Secret } from '../../agent/vault/secret.ts'
import { createFakeClock } from './fake-clock.ts'
import type { JumpCloud as Simulator } from './jumpcloud/start.ts'
import { createLeapingClock } from './leaping-clock.ts'
import { looseLeg } from './loose-leg.ts'

export type Connecting = {
  readonly url: string
  readonly key?: string
  readonly clock?: Clock
  readonly random?: Random
  readonly settings?: Partial<JumpCloudSettings>
  readonly connector?: Connector
  readonly idleMs?: number
}

const halfway: Random = { fraction: () => 0.5, bytes: (count) => Buffer.alloc(count, 7) }

export function connectJumpCloud({
  url,
  key = 'jca_for_a_test',
  clock,
  random,
  settings,
  connector,
  idleMs,
}: Connecting): JumpCloud {
  return createJumpCloud({
    settings: { baseUrls: { console: url, api: url }, ...settings },
    access: fixedAccess({ kind: 'api_key', secret: new Secret(key) }),
    userAgent: 'sallyport/0.0.0',
    clock: clock ?? createLeapingClock(),
    random: random ?? halfway,
    connector: connector ?? createConnector({ clock: createFakeClock(), leg: looseLeg() }),
    idleMs,
  })
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  return Array.fromAsync(items)
}

/** As the administrator of the simulated JumpCloud. */
export const connectTo = (simulator: Simulator) =>
  connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator })

const group = z.object({ id: z.string() })

export const listGroups = (jumpcloud: JumpCloudReads) =>
  collect(jumpcloud.list({ operation: 'list groups', path: '/api/v2/usergroups', row: group, idOf: ({ id }) => id }))
