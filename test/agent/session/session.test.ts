import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createConnector } from '../../../agent/egress/connector.ts'
import { openIdentityFile } from '../../../agent/identity/identity.ts'
import { createLog } from '../../../agent/log.ts'
import { systemRandom } from '../../../agent/ports/random.ts'
import { createLeadKeeper } from '../../../agent/session/lead.ts'
import { holdSession, type SessionOptions } from '../../../agent/session/session.ts'
import { createOpenSocket } from '../../../agent/session/socket.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { enrolAt } from '../../support/running-agent.ts'

const nothing = () => {}
const runs = {
  ...{ take: nothing, cancel: nothing, credit: nothing, acknowledge: nothing },
  ...{ held: () => [], attach: nothing, detach: nothing },
}

/** A replica that may open sessions, and what each of them is made of. */
async function openReplica() {
  await using stack = new AsyncDisposableStack()
  const plane = stack.use(await startPlanePeer())
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-session-')))
  const identityFile = openIdentityFile(directory.path)
  await enrolAt(plane, identityFile)
  const [clock, guard] = [createFakeClock(), createLeakGuard()]
  const log = createLog({ level: 'info', write: nothing, guard, clock })
  const options: SessionOptions = {
    ...{ url: plane.url, identityFile, runs, guard, clock, random: systemRandom, log },
    openSocket: createOpenSocket({ connector: createConnector({ clock }), userAgent: 'Sallyport/0', clock }),
    introduce: () => ({ version: '0', jobs: [], policy: null, ledger: null, connections: [], held: [] }),
    lead: createLeadKeeper(log),
    instance: 'i'.repeat(22),
  }
  const all = stack.move()
  return { options, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

async function microtasks(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 1) await undefined
}

const moments = Array.from({ length: 30 }, (_, index) => index)

test('counts no session that is not wanted any more, at whatever moment that comes', async () => {
  await using replica = await openReplica()
  const { openSocket, identityFile } = replica.options

  const inVain: number[] = []
  for (const moment of moments) {
    const stopping = new AbortController()
    const options: SessionOptions = {
      ...replica.options,
      openSocket: async (...where) => {
        const socket = await openSocket(...where)
        void microtasks(moment).then(() => stopping.abort(new Error('stop')))
        return socket
      },
      identityFile: {
        ...identityFile,
        nextCounter: () => {
          if (stopping.signal.aborted) inVain.push(moment)
          return identityFile.nextCounter()
        },
      },
    }
    await expect(holdSession(options, nothing, stopping.signal)).rejects.toThrow('stop')
  }

  expect(inVain).toEqual([])
})

test('opens no session that is not wanted any more, at whatever moment after the welcome that comes', async () => {
  await using replica = await openReplica()
  const { openSocket } = replica.options

  const inVain: number[] = []
  for (const moment of moments) {
    const stopping = new AbortController()
    const options: SessionOptions = {
      ...replica.options,
      openSocket: async (...where) => {
        const socket = await openSocket(...where)
        const receive: typeof socket.receive = (receiver) => {
          socket.receive(receiver)
          // Nobody receives between the welcome and the session.
          if (receiver === undefined) void microtasks(moment).then(() => stopping.abort(new Error('stop')))
        }
        return { ...socket, receive }
      },
    }
    const opened = () => {
      if (stopping.signal.aborted) inVain.push(moment)
    }
    await holdSession(options, opened, stopping.signal).catch(nothing)
  }

  expect(inVain).toEqual([])
})
