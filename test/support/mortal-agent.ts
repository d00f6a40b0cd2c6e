// An agent whose every commit, every frame and every answer that it takes note of passes a named point, where it may be killed. It is
// put together from the product's parts, which know nothing of it.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jobs } from '@sallyport/protocol'
import { z } from 'zod'
import { configurationSchema } from '../../agent/configuration/configuration.ts'
import { type Daemon, startDaemon } from '../../agent/daemon.ts'
import { createConnector } from '../../agent/egress/connector.ts'
import { type IdentityFile, openIdentityFile } from '../../agent/identity/identity.ts'
import { type Journal, openJournal } from '../../agent/journal/journal.ts'
import { readJournalKey } from '../../agent/journal/journal-key.ts'
import { openLedger } from '../../agent/ledger/ledger.ts'
import { createLog } from '../../agent/log.ts'
import { createPolicy } from '../../agent/policy/policy.ts'
import { systemClock } from '../../agent/ports/clock.ts'
import { systemFiles } from '../../agent/ports/files.ts'
import { systemRandom } from '../../agent/ports/random.ts'
import { createOpenSocket, type Socket } from '../../agent/session/socket.ts'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'
import { looseLeg } from './loose-leg.ts'
import { type At, countPoints, type Passing } from './passed-points.ts'

const settings = z.object({ planeUrl: z.string(), jumpcloudUrl: z.string(), policy: z.string() })
export type MortalSettings = z.infer<typeof settings>

/** Its files; the settings are JSON. Its state lies there too. */
export const mortalFiles = (directory: string) => ({
  settings: join(directory, 'settings.json'),
  key: join(directory, 'jumpcloud.key'),
})

async function readSettings(directory: string) {
  const files = mortalFiles(directory)
  const { planeUrl, jumpcloudUrl, policy } = settings.parse(JSON.parse(await readFile(files.settings, 'utf8')))
  const main = { baseUrls: { console: jumpcloudUrl, api: jumpcloudUrl }, credential: { file: files.key } }
  return {
    configuration: configurationSchema.parse({ plane: { url: planeUrl }, connections: { main } }),
    policy: createPolicy({
      jobs: new Map(Object.entries(jobs).map(([name, { effect }]) => [name, effect])),
      file: { path: join(directory, 'policy.yaml'), text: policy },
    }),
  }
}

/** It comes back without waiting, and the lines of its log go to `write`. */
export async function startMortalAgent(
  directory: string,
  passing: Passing,
  write: (line: string) => void = () => {},
): Promise<Daemon & Pick<Journal, 'resume'>> {
  const at = countPoints(passing)
  const { configuration, policy } = await readSettings(directory)
  const system = { files: systemFiles, clock: systemClock, random: { ...systemRandom, fraction: () => 0 } }
  const guard = createLeakGuard()
  const log = createLog({ level: 'debug', write, guard, clock: systemClock })
  const key = await readJournalKey({ ...system, stateDirectory: directory, credentialsDirectory: undefined })
  const identityFile = mortalIdentity(openIdentityFile(directory), at)
  const opened = await openJournal({ ...system, stateDirectory: directory, key, log, identityFile })
  const journal = mortalJournal(opened, at)
  const openSocket = createOpenSocket({
    connector: createConnector({ clock: systemClock, leg: looseLeg() }),
    userAgent: 'mortal',
    clock: systemClock,
  })
  const ledger = await openLedger({
    ...{ ...system, stateDirectory: directory, guard, log, settings: configuration.ledger },
    identity: await identityFile.read(),
  })
  const daemon = await startDaemon({
    ...system,
    ...{ configuration, policy, ledger },
    identityFile,
    journal,
    environment: {},
    guard,
    log,
    openSocket: async (url, signal) => mortalSocket(await openSocket(url, signal), at),
  })
  return { ...daemon, resume: journal.resume }
}

function mortalIdentity(file: IdentityFile, at: At): IdentityFile {
  return {
    ...file,
    nextCounter: mortal(at, 'identity counter', file.nextCounter),
    keepJournalUseCount: mortal(at, 'identity journal use count', file.keepJournalUseCount),
    pinKeys: mortal(at, 'identity keys', file.pinKeys),
  }
}

/** Its writes; what is asked for in one turn of the event loop is one commit, which is before each of them or after each. */
function mortalJournal(journal: Journal, at: At): Journal {
  const { hold, become, page, stored, intend, settle, answer, forget, resume, close } = journal
  const { count, lowerCount } = journal
  return {
    ...journal,
    get state() {
      return journal.state
    },
    get id() {
      return journal.id
    },
    hold: mortal(at, 'journal hold', hold),
    become: mortal(at, 'journal become', become),
    page: mortal(at, 'journal page', page),
    stored: mortal(at, 'journal stored', stored),
    intend: mortal(at, 'journal intend', intend),
    settle: mortal(at, 'journal settle', settle),
    answer: mortal(at, 'journal answer', answer),
    forget: mortal(at, 'journal forget', forget),
    count: mortal(at, 'journal count', count),
    lowerCount: mortal(at, 'journal lowerCount', lowerCount),
    resume: mortal(at, 'journal resume', resume),
    close: mortal(at, 'journal close', close),
  }
}

function mortal<Args extends readonly unknown[], Result>(
  at: At,
  what: string,
  act: (...args: Args) => Promise<Result>,
) {
  return async (...args: Args): Promise<Result> => {
    at('before', what)
    const result = await act(...args)
    at('after', what)
    return result
  }
}

function mortalSocket(socket: Socket, at: At): Socket {
  return {
    ...socket,
    send: async (text) => {
      const what = `sending ${typeOf(text)}`
      at('before', what)
      await socket.send(text)
      at('after', what)
    },
    receive: (receiver) => {
      if (receiver === undefined) return socket.receive(undefined)
      socket.receive((text, byteCount) => {
        const type = typeOf(text)
        // A credit is a total, told again with the next one.
        if (type === 'credit') return receiver(text, byteCount)
        at('before', `taking ${type}`)
        receiver(text, byteCount)
        at('after', `taking ${type}`)
      })
    },
  }
}

function typeOf(text: string): string {
  return /^\{.{0,40}?"type":"(\w+)"/.exec(text)?.[1] ?? 'something'
}
