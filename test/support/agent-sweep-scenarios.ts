// What an agent is doing while it is killed, and what has to be true of it whenever that happens.

import { expect } from 'vitest'
import type { SweepHost } from './agent-sweep.ts'
import type { Finished } from './plane-caller.ts'
import type { Program } from './program.ts'
import { until } from './until.ts'

/** `program` is undefined where the agent goes on that is not killed. */
export type Stage = { readonly host: SweepHost; readonly run: string; readonly program: Program | undefined }

export type Scenario = {
  readonly job: string
  readonly memberCount: number
  /** A call of JumpCloud that it makes. */
  readonly call: string
  /** Other points than these are swept elsewhere. */
  readonly swept?: RegExp
  readonly params: (host: SweepHost) => object
  /** What happens to the run from outside; called with each process, and may be left behind when that is killed. */
  readonly meanwhile?: (stage: Stage) => Promise<void>
  readonly isTrue: (finished: Finished, host: SweepHost) => void
}

/** A hundred of them are a page. */
const memberCount = 250
const membersOf = ({ jumpcloud, groupId }: SweepHost) => jumpcloud.tenant.members.targets(groupId)
const pathOf = ({ groupId }: SweepHost) => `/api/v2/usergroups/${groupId}/members`

const read = {
  job: 'groups.members.list',
  memberCount,
  call: 'GET /api/v2/usergroups/GROUP/members from 0',
  params: ({ groupId }: SweepHost) => ({ groupId }),
}

const write = {
  job: 'groups.members.add',
  memberCount: 0,
  call: 'POST /api/v2/usergroups/GROUP/members',
  params: ({ groupId, jumpcloud }: SweepHost) => {
    return { groupId, userIds: jumpcloud.tenant.users.all.slice(0, 2).map(({ id }) => id) }
  },
}

const cancel = ({ host, run }: Stage) => host.caller.ask('POST', `/v1/runs/${run}/cancel`)
const passed = ({ program }: Stage, point: string) => program?.line((line) => line.point === point)

/** In the order of JumpCloud, each once. */
function expectRows({ rows }: Finished, userIds: readonly string[]): void {
  expect(rows.map(({ userId }) => userId)).toEqual(userIds)
}

/** Nobody was changed twice, and each row says what JumpCloud knows. */
function expectTruth({ rows, outcome }: Finished, host: SweepHost): void {
  const changed = host.mutations().map(({ userId }) => userId)
  expect(new Set(changed).size).toBe(changed.length)
  expect(host.posts()).toBe(changed.length)
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
    isTrue: (finished, host) => {
      expect(finished).toMatchObject({ state: 'done', error: null })
      expectRows(finished, membersOf(host))
    },
  },

  'a write for two users': {
    ...write,
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

  'the cancel of a write that was sent': {
    ...write,
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
