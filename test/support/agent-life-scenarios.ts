// What becomes of an agent as a whole while it is killed: it is asked to stop in the middle of its work, or its journal is lost.
// And what has to be true of its runs whenever that happens.

import { rm, writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import type { SweepHost } from './agent-sweep.ts'
import {
  expectRows,
  expectTruth,
  filed,
  membersOf,
  passed,
  pathOf,
  read,
  type Scenario,
  type Stage,
  write,
} from './agent-sweep-scenarios.ts'
import type { Finished } from './plane-caller.ts'
import { until } from './until.ts'

/** As many long runs as go on at once. */
const longPlaces = 16

const emptyPath = ({ emptyGroupId }: SweepHost) => pathOf({ groupId: emptyGroupId })

/** Of a listing two pages are there, of a write the request is out, and of so many listings that one waits nothing. */
async function stopInTheMiddle(stage: Stage): Promise<void> {
  const { host, program, askOthers } = stage
  if (program === undefined) return
  const { levers } = host.jumpcloud
  const holds = [
    levers.hold({ path: pathOf(host), after: 2 }),
    levers.holdAnswer({ method: 'POST', path: emptyPath(host), count: 1 }),
    levers.hold({ method: 'GET', path: emptyPath(host) }),
  ]
  try {
    await passed(stage, 'after taking ack #1')
    // The write first: what is held takes the places of its calls.
    await askOthers(1)
    await until(() => host.posts(host.emptyGroupId) > 0)
    const others = await askOthers()
    let acceptedCount = 0
    await program.line(({ event }) => {
      if (event === 'run.accepted') acceptedCount += 1
      return acceptedCount > others.length
    })
    program.signal('SIGTERM')
    await passed(stage, 'after sending leaving #1')
  } finally {
    for (const hold of holds) hold.release()
  }
}

/** Nothing was sent of what the lost journal may have known. */
function expectTruthOrLoss(finished: Finished, host: SweepHost): void {
  if (finished.state === 'done') return expectTruth(finished, host)
  expect(finished).toMatchObject({ state: 'failed', outcome: 'unknown', error: { code: 'journal_lost' } })
  expect(host.posts()).toBe(0)
}

const lost = { ...write, losesJournal: true, isTrue: expectTruthOrLoss } as const

export const lifeScenarios: Readonly<Record<string, Scenario>> = {
  'it is asked to stop with a run that waits, a listing half read and a write under way': {
    ...read,
    others: ({ emptyGroupId: groupId, jumpcloud }) => {
      const userIds = jumpcloud.tenant.users.all.slice(0, 2).map(({ id }) => id)
      const listing = { job: 'groups.members.list', params: { groupId } }
      return [{ job: 'groups.members.add', params: { groupId, userIds } }, ...Array(longPlaces).fill(listing)]
    },
    passes: ['sending leaving', 'journal settle', 'journal answer', 'journal forget', 'journal close'],
    swept: /./,
    sweptFrom: 'before sending leaving #1',
    meanwhile: stopInTheMiddle,
    isTrue: (finished, host, [written, ...listed]) => {
      expect(finished).toMatchObject({ state: 'done', error: null })
      expectRows(finished, membersOf(host))
      if (written !== undefined) expectTruth(written, host, host.emptyGroupId)
      expect(listed.map(({ state }) => state)).toEqual(Array(longPlaces).fill('done'))
    },
  },

  'a life with a journal that is made and put down': {
    ...write,
    passes: [
      ...['telling the journal: key_check', 'telling the journal: id', 'telling the journal: use_count'],
      ...['closing journal.db.new', 'renaming journal.db.new to journal.db', 'telling the journal: in use'],
      ...['identity journal use count', 'renaming identity.json.new to identity.json'],
      ...['journal close', 'telling the journal: put down', 'closing journal.db'],
    ],
    swept: filed,
    isTrue: (finished, host) => {
      expect(finished).toMatchObject({ state: 'done', error: null, rows: { length: 2 } })
      expectTruth(finished, host)
    },
  },

  'a journal that is damaged as it starts, and resumed': {
    ...lost,
    passes: [
      ...['renaming journal.lost.new to journal.lost', 'renaming journal.db to journal.corrupt.db'],
      ...[
        'renaming journal.db.new to journal.db',
        'identity journal use count',
        'journal resume',
        'removing journal.lost',
      ],
    ],
    swept: filed,
    prepare: async (host) => {
      await host.goOn(async () => {})
      await writeFile(host.journal, 'no database at all, but longer than the header of one '.repeat(100))
    },
    meanwhile: async ({ host, program }) => {
      if (program === undefined) return await host.resume()
      await program.line(({ event }) => event === 'session.opened')
      program.signal('SIGUSR2')
    },
  },

  'a journal that is gone as it is to hold a write, and resumed': {
    ...lost,
    isLate: true,
    passes: [
      'sending leaving',
      'sending state',
      'renaming journal.lost.new to journal.lost',
      'journal resume',
      'removing journal.lost',
    ],
    swept: new RegExp(`${filed.source}|journal hold|sending (leaving|state)`),
    sweptFrom: 'before journal hold #1',
    meanwhile: async (stage) => {
      const { host, program } = stage
      if (program === undefined) return await host.resume()
      await program.line(({ event }) => event === 'session.opened')
      await rm(host.journal)
      await stage.ask()
      await passed(stage, 'after sending leaving #1')
      program.signal('SIGUSR2')
    },
  },
}
