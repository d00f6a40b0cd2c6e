// Owns starting and ending a JumpCloud of our own: real HTTP on 127.0.0.1, a seeded tenant, levers, and a record.
//
//   await using jumpcloud = await startJumpCloud({ users: 250, groups: 20 })
//   const answer = await fetch(`${jumpcloud.url}/api/v2/usergroups?limit=100`, {
//     headers: { 'x-api-key': jumpcloud.keys.administrator },
//   })
//   const [, engineering] = jumpcloud.tenant.groups.all          // the truth
//   jumpcloud.requests, jumpcloud.mutations                      // what was asked, what changed
//   jumpcloud.dialect.totalCountHeader = false                   // what JumpCloud leaves open
//   jumpcloud.levers.tooManyRequests({ count: 2, retryAfter: 1 }) // what goes wrong; all names: levers/levers.ts
//   await jumpcloud.settledRequest(({ outcome }) => outcome === 'aborted')  // wait for what happens, without sleeping
//
// v1, v2, Insights and the token endpoint share one origin, so all three base URLs of a connection may be `url`.

import { once } from 'node:events'
import { createTimers, type SimulatorClock, systemClock } from './clock.ts'
import { createDialect, type Dialect } from './dialect.ts'
import type { Lever, Site } from './levers/lever.ts'
import { LeverBoard } from './levers/lever-board.ts'
import { createLevers, type Levers, pullByName } from './levers/levers.ts'
import { createDraw } from './random.ts'
import { DEFAULT_SIZE, seedTenant, type TenantSize } from './seed/seed-tenant.ts'
import { serveHttp } from './serve-http.ts'
import { type Grant, KeyRing, type NewGrant } from './state/key-ring.ts'
import { type Accepts, type Mutation, type RecordedRequest, Recording } from './state/recording.ts'
import type { Tenant } from './state/tenant.ts'
import type { World } from './state/world.ts'

export interface JumpCloudOptions extends Partial<TenantSize> {
  /** Default `sallyport`. */
  readonly seed?: string | number
  /** Default 1; `keys.administrator` belongs to the first, `keys.multiTenant` to all. */
  readonly organizations?: number
  readonly clock?: SimulatorClock
  readonly dialect?: Partial<Dialect>
  /** Default 0, any free port. */
  readonly port?: number
}

export interface Keys {
  readonly administrator: string
  readonly readOnly: string
  readonly commandRunner: string
  /** Sees every organisation, so it must send `x-org-id`. */
  readonly multiTenant: string
}

export interface JumpCloud extends AsyncDisposable {
  readonly url: string
  readonly keys: Keys
  readonly serviceAccount: { readonly clientId: string; readonly clientSecret: string }
  /** The first organisation, as it is now. */
  readonly tenant: Tenant
  readonly tenants: readonly Tenant[]
  readonly dialect: Dialect
  readonly levers: Levers
  /** Pulls a lever by name with options that are not yet checked; throws when either is wrong. */
  readonly pull: (lever: string, options: unknown) => Lever
  readonly requests: readonly RecordedRequest[]
  readonly mutations: readonly Mutation[]
  /** Issues another key. */
  readonly issue: (grant: Partial<NewGrant>) => Grant
  /** Resolves when the next request that is accepted has been read. */
  readonly nextRequest: (accepts: Accepts) => Promise<RecordedRequest>
  /** Resolves with a request whose outcome is known: answered, reset, or aborted by the client. */
  readonly settledRequest: (accepts: Accepts) => Promise<RecordedRequest>
}

/** Disposing ends every connection and throws if the simulator itself failed meanwhile. */
export async function startJumpCloud(options: JumpCloudOptions = {}): Promise<JumpCloud> {
  const world = createWorld(options)
  const board = new LeverBoard()
  const site: Site = { world, pull: (condition, act) => board.pull(condition, act) }
  const server = serveHttp(world, board)
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { keyRing, recording, tenants, dialect } = world
  const organizationIds = [tenants[0].id]
  const account = keyRing.issue({ name: 'service-account', kind: 'service_account', organizationIds })
  return {
    url: `http://127.0.0.1:${port}`,
    keys: issueKeys(world),
    serviceAccount: { clientId: account.id, clientSecret: account.secret },
    tenant: tenants[0],
    tenants,
    dialect,
    levers: createLevers(site),
    pull: (lever, options) => pullByName(site, lever, options),
    requests: recording.requests,
    mutations: recording.mutations,
    issue: (grant) => keyRing.issue({ organizationIds, ...grant }),
    nextRequest: (accepts) => recording.next(accepts),
    settledRequest: (accepts) => recording.settled(accepts),
    [Symbol.asyncDispose]: async () => {
      world.timers.cancelAll()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      if (recording.defects.length > 0) throw recording.defects[0]
    },
  }
}

function createWorld({
  seed = 'sallyport',
  organizations = 1,
  clock = systemClock,
  dialect,
  ...rest
}: JumpCloudOptions): World {
  const size = { ...DEFAULT_SIZE, ...rest }
  const make = (number: number): Tenant => seedTenant({ seed, number, now: clock.now(), size })
  return {
    now: clock.now,
    timers: createTimers(clock),
    dialect: createDialect(dialect),
    keyRing: new KeyRing(createDraw(`${seed}/keys`)),
    recording: new Recording(),
    tenants: [make(0), ...Array.from({ length: organizations - 1 }, (_, position) => make(position + 1))],
  }
}

function issueKeys({ keyRing, tenants }: World): Keys {
  const organizationIds = [tenants[0].id]
  return {
    administrator: keyRing.issue({ name: 'administrator', organizationIds }).secret,
    readOnly: keyRing.issue({ name: 'read-only', organizationIds, role: 'Read Only' }).secret,
    commandRunner: keyRing.issue({ name: 'command-runner', organizationIds, role: 'Command Runner' }).secret,
    multiTenant: keyRing.issue({ name: 'multi-tenant', organizationIds: tenants.map(({ id }) => id) }).secret,
  }
}
