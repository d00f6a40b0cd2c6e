// A replica that may open sessions at a plane peer, and what each of its sessions is made of; it takes no runs.

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnector } from '../../../agent/egress/connector.ts'
import { openIdentityFile } from '../../../agent/identity/identity.ts'
import { createLog } from '../../../agent/log.ts'
import { systemRandom } from '../../../agent/ports/random.ts'
import { startSessionKeeper } from '../../../agent/session/keep.ts'
import { createLeadKeeper } from '../../../agent/session/lead.ts'
import type { SessionOptions } from '../../../agent/session/session.ts'
import { createOpenSocket } from '../../../agent/session/socket.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { blank } from '../../support/held-run.ts'
import { looseLeg } from '../../support/loose-leg.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { enrolAt } from '../../support/running-agent.ts'

const nothing = () => {}
const runs = {
  ...{ take: nothing, cancel: nothing, credit: nothing, acknowledge: nothing },
  ...{ held: () => [], attach: nothing, detach: nothing },
}

export async function openReplica() {
  await using stack = new AsyncDisposableStack()
  const plane = stack.use(await startPlanePeer())
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-session-')))
  const identityFile = openIdentityFile(directory.path)
  await enrolAt(plane, identityFile)
  const [clock, guard] = [createFakeClock(), createLeakGuard()]
  const log = createLog({ level: 'info', write: nothing, guard, clock })
  const options: SessionOptions = {
    ...{ url: plane.url, identityFile, runs, guard, clock, random: systemRandom, log },
    openSocket: createOpenSocket({
      connector: createConnector({ clock, leg: looseLeg() }),
      userAgent: 'Sallyport/0',
      clock,
    }),
    introduce: () => ({ version: '0', jobs: [], policy: null, ledger: null, connections: [], held: [] }),
    lead: createLeadKeeper(log),
    ledger: blank,
    instance: 'i'.repeat(22),
  }
  const all = stack.move()
  return { plane, options, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** The replica with its keeper, which never waits. `introduced` is called as each hello is made, with its number, which is its version too. */
export async function keepSession(introduced: (number: number) => void = nothing) {
  const replica = await openReplica()
  const { promise: opened, resolve } = Promise.withResolvers<void>()
  let number = 0
  const keeper = startSessionKeeper({
    ...replica.options,
    random: { ...systemRandom, fraction: () => 0 },
    introduce: () => {
      number += 1
      introduced(number)
      return { ...replica.options.introduce(), version: String(number) }
    },
    onOpen: () => resolve(),
  })
  return {
    ...{ plane: replica.plane, keeper, opened },
    [Symbol.asyncDispose]: async () => {
      await keeper.stop()
      await replica[Symbol.asyncDispose]()
    },
  }
}
