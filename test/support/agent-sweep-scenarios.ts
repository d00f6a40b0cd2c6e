// What an agent is doing while it is killed, and what has to be true of it whenever that happens.

import { expect } from 'vitest'
import type { SweepHost } from './agent-sweep.ts'
import type { Finished } from './plane-caller.ts'
import type { Program } from './program.ts'
import { until } from './until.ts'

export type Asked = { readonly job: string; readonly params: object }

/** `program` is undefined where the agent goes on that is not killed. */
export type Stage = {
  readonly host: SweepHost
  readonly program: Program | undefined
  /** Asks for the run, and for the others, or the first of them, unless that was done; their ids. */
  readonly ask: () => Promise<string>
  readonly askOthers: (count?: number) => Promise<readonly string[]>
}

export type Scenario = {
  readonly job: string
  readonly memberCount: number
  readonly params: (host: SweepHost) => object
  /** Runs beside it; nobody asks for them before `meanwhile` does. */
  readonly others?: (host: SweepHost) => readonly Asked[]
  /** Nobody asks for the run before `meanwhile` does. */
  readonly isLate?: boolean
  /** What the agent does, whatever else it does: each is swept before and after. */
  readonly passes: readonly string[]
  /** Of its points those that are swept; by default those of the run, because one scenario sweeps a life from start to stop. */
  readonly swept?: RegExp
  /** The first point that is swept, and then one of each name. */
  readonly sweptFrom?: string
  /** Before any process. */
  readonly prepare?: (host: SweepHost) => Promise<void> | void
  /** Between two processes. */
  readonly between?: (stage: Stage) => Promise<void>
  /** What happens from outside; called with each process, and may be left behind when that is killed. */
  readonly meanwhile?: (stage: Stage) => Promise<void>
  readonly losesJournal?: boolean
  readonly isTrue: (finished: Finished, host: SweepHost, others: readonly Finished[]) => Promise<void> | void
}

/** A hundred of them are a page. */
export const memberCount = 250
export const membersOf = ({ jumpcloud, groupId }: SweepHost) => jumpcloud.tenant.members.targets(groupId)
export const pathOf = ({ groupId }: Pick<SweepHost, 'groupId'>) => `/api/v2/usergroups/${groupId}/members`

export const read = {
  job: 'groups.members.list',
  memberCount,
  passes: [],
  params: ({ groupId }: SweepHost) => ({ groupId }),
}

export const write = {
  job: 'groups.members.add',
  memberCount: 0,
  passes: ['calling POST /api/v2/usergroups/GROUP/members'],
  params: ({ groupId, jumpcloud }: SweepHost) => {
    return { groupId, userIds: jumpcloud.tenant.users.all.slice(0, 2).map(({ id }) => id) }
  },
}

const cancel = async ({ host, ask }: Stage) => host.caller.ask('POST', `/v1/runs/${await ask()}/cancel`)
export const passed = ({ program }: Stage, point: string) => program?.line((line) => line.point === point)

/** What a process does with its files as it starts and stops is swept with its journal. */
export const filed = / (renaming|removing|telling|closing|identity journal|journal (close|resume))/
const unfiled = new RegExp(`^(?!.*${filed.source})`)
const ofLife = new RegExp(
  `${filed.source}| identity| (sending (hello|state|leaving)|taking (challenge|welcome))|GET /api/organizations`,
)

/** The points of a play that are swept. */
export function sweptOf({ swept, sweptFrom }: Scenario, points: readonly string[]): readonly string[] {
  const isSwept = (point: string) => (swept === undefined ? !ofLife.test(point) : swept.test(point))
  const all = points.slice(sweptFrom === undefined ? 0 : points.indexOf(sweptFrom)).filter(isSwept)
  const seen = new Map(all.toReversed().map((point) => [point.replace(/ #\d+$/, ''), point]))
  return sweptFrom === undefined ? all : [...seen.values()]
}

/** In the order of JumpCloud, each once. */
export function expectRows({ rows }: Finished, userIds: readonly string[]): void {
  expect(rows.map(({ userId }) => userId)).toEqual(userIds)
}

/** Nobody was changed twice, and each row says what JumpCloud knows. */
export function expectTruth({ rows, outcome }: Finished, host: SweepHost, groupId = host.groupId): void {
  const changed = host.mutations(groupId).map(({ userId }) => userId)
  expect(new Set(changed).size).toBe(changed.length)
  expect(host.posts(groupId)).toBe(changed.length)
  const applied = rows.filter((row) => row.outcome === 'applied').map(({ userId }) => userId)
  expect(applied.sort()).toEqual(changed.sort())
  const others = rows.filter((row) => row.outcome !== 'applied').map((row) => row.outcome)
  expect(['unknown', 'not_applied']).toEqual(expect.arrayContaining(others))
  const worst = ['unknown', 'not_applied', 'applied'].find((one) => rows.some((row) => row.outcome === one))
  expect(outcome).toBe(worst ?? null)
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  'a read of three pages': {
    ...read,
    passes: [
      ...['identity counter', 'sending hello', 'taking challenge', 'taking welcome', 'taking run', 'taking ack'],
      ...['calling GET /api/v2/usergroups/GROUP/members from 0', 'sending accepted', 'sending page', 'sending done'],
      ...['journal hold', 'journal page', 'journal stored', 'journal answer', 'journal forget', 'sending state'],
    ],
    swept: unfiled,
    isTrue: (finished, host) => {
      expect(finished).toMatchObject({ state: 'done', error: null })
      expectRows(finished, membersOf(host))
    },
  },

  'a write for two users': {
    ...write,
    passes: [
      ...write.passes,
      'journal hold',
      'journal count',
      'journal lowerCount',
      'journal intend',
      'journal settle',
      'journal answer',
      'journal forget',
    ],
    isTrue: (finished, host) => {
      expect(finished).toMatchObject({ state: 'done', error: null, rows: { length: 2 } })
      expectTruth(finished, host)
    },
  },

  'a removal of two users': {
    ...write,
    job: 'groups.members.remove',
    memberCount: 2,
    swept: / calling /,
    isTrue: (finished, host) => {
      expect(finished).toMatchObject({ state: 'done', error: null, rows: { length: 2 } })
      expectTruth(finished, host)
      expect(membersOf(host)).toHaveLength(2 - host.mutations().length)
    },
  },

  'the cancel of a read': {
    ...read,
    passes: ['taking cancel', 'sending failed'],
    meanwhile: async (stage) => {
      const { host } = stage
      const hold = host.jumpcloud.levers.hold({ path: pathOf(host), after: 2 })
      try {
        await passed(stage, 'after taking ack #1')
        await cancel(stage)
      } finally {
        hold.release()
      }
    },
    isTrue: (finished, host) => {
      expect(finished).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } })
      expectRows(finished, membersOf(host).slice(0, finished.rows.length))
    },
  },

  'a read that JumpCloud refuses': {
    ...read,
    passes: ['sending failed'],
    swept: /^\w+ (calling|journal (hold|answer|forget)|sending failed|taking (run|ack))/,
    prepare: (host) => void host.jumpcloud.levers.answerStatus({ path: pathOf(host), status: 403, json: {} }),
    isTrue: (finished) => expect(finished).toMatchObject({ state: 'failed', outcome: null, rows: [] }),
  },

  'a write that the policy refuses': {
    ...write,
    passes: ['sending refused'],
    swept: /^\w+ (journal (hold|answer|forget)|sending refused|taking (run|ack))/,
    params: (host) => ({ ...write.params(host), groupId: 'f'.repeat(24) }),
    isTrue: (finished) => expect(finished).toMatchObject({ state: 'refused', rows: [] }),
  },

  'the cancel of a write that was sent': {
    ...write,
    passes: [...write.passes, 'taking cancel', 'sending too_late'],
    meanwhile: async (stage) => {
      const { host, program } = stage
      const hold = host.jumpcloud.levers.holdAnswer({ method: 'POST', path: pathOf(host), count: 1 })
      try {
        await until(() => host.posts() > 0 || program === undefined)
        await cancel(stage)
        await passed(stage, 'after sending too_late #1')
      } finally {
        hold.release()
      }
    },
    isTrue: (finished, host) => {
      // Killed before anything was sent, the cancel was in time.
      if (finished.state === 'cancelled') expect([host.posts(), finished.rows]).toEqual([0, []])
      else expectTruth(finished, host)
    },
  },
}
