// Nothing that is written, sent or taken has no point in the sweeps: each has one, or stands here with the reason why not. That a
// scenario does pass what it names, its sweep shows.

import { agentFrames, planeFrames } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import type { Journal } from '../../agent/journal/journal.ts'
import { openSqliteStore } from '../../control-plane/store/sqlite.ts'
import { lifeScenarios } from '../support/agent-life-scenarios.ts'
import { scenarios as agentScenarios } from '../support/agent-sweep-scenarios.ts'
import { endings } from '../support/ending-scenarios.ts'
import { handovers } from '../support/handover-scenarios.ts'
import { retold } from '../support/retold-scenario.ts'
import { enrolmentPasses, rotationPasses, scenarios, unknownJobPasses } from '../support/sweep-scenarios.ts'
import { toldPasses } from '../support/told-by-plane.ts'

type Table = Readonly<Record<string, { readonly passes: readonly string[] }>>
const passesOf = (table: Table) => Object.values(table).flatMap(({ passes }) => passes)

const agentPasses = [...passesOf({ ...agentScenarios, ...lifeScenarios, retold }), ...toldPasses]
const planePasses = [
  ...passesOf({ ...scenarios, ...handovers, ...endings }),
  ...enrolmentPasses,
  ...unknownJobPasses,
  ...rotationPasses,
]

/** Those of `names` that have neither a point nor a reason; and reasons for what has a point, or is not there. */
function unexplained(names: readonly string[], passes: readonly string[], reasons: Readonly<Record<string, string>>) {
  const isSwept = (name: string) => passes.some((what) => what === name || what.startsWith(`${name} `))
  const idle = Object.keys(reasons).filter((name) => !names.includes(name) || isSwept(name))
  return [...names.filter((name) => !isSwept(name) && reasons[name] === undefined), ...idle]
}

const onceAgain = 'an act of an administrator is one commit, answered after it; done again it changes nothing'
const tidying = 'what is too old goes in one commit, and what stayed goes with the next; nobody waits for it'
const total = 'a total, told again with the next one'

describe('the control plane', () => {
  test('has a point at every method of its store that writes', async () => {
    await using store = await openSqliteStore({ path: ':memory:' })
    const reads = /\.(list|get|inState|queued|countByState|rowCounts|byHash)$/
    const names = Object.entries(store).flatMap(([table, methods]) =>
      typeof methods === 'object' ? Object.keys(methods).map((method) => `store ${table}.${method}`) : [],
    )

    const writes = names.filter((name) => !reads.test(name))
    expect(
      unexplained(writes, planePasses, {
        'store agents.disable': onceAgain,
        'store agents.remove': onceAgain,
        'store codes.add': onceAgain,
        'store codes.revoke': onceAgain,
        'store tokens.add': onceAgain,
        'store tokens.revoke': onceAgain,
        'store replicas.toldLedger': 'the head of a ledger is told again by every hello, and with the next one',
        'store retention.dropPages': tidying,
        'store retention.dropRuns': tidying,
      }),
    ).toEqual([])
  })

  test('has a point at every frame that it sends', () => {
    const names = Object.keys(planeFrames).map((type) => `frame ${type}`)
    expect(
      unexplained(names, planePasses, {
        'frame credit': total,
      }),
    ).toEqual([])
  })

  test('has a point at what it does with every frame that it takes', () => {
    const does = {
      hello: 'store replicas.opened',
      state: 'store replicas.told',
      accepted: 'store runs.step accepted',
      parked: 'a word about an attempt that goes on or fails by itself: what is lost of it changes nothing',
      refused: 'store runs.step refused',
      started: 'it is taken and dropped: there are no feeds yet',
      page: 'store pages.add',
      done: 'store runs.step done',
      failed: 'store runs.step failed not_found',
      too_late: 'store runs.step marked',
      leaving: 'store runs.step queued',
      trial: 'store runs.add',
      goodbye: 'store replicas.revoke',
    } as const satisfies Record<keyof typeof agentFrames, string>
    const { started: _, parked: __, ...swept } = does

    expect(Object.keys(does)).toEqual(Object.keys(agentFrames))
    expect(Object.values(swept).filter((what) => !planePasses.includes(what))).toEqual([])
  })
})

describe('the agent', () => {
  test('has a point at every method of its journal that writes', () => {
    const methods = {
      ...{ hold: true, become: true, page: true, stored: true, intend: true, settle: true, answer: true, forget: true },
      ...{ count: true, lowerCount: true, resume: true, close: true, [Symbol.asyncDispose]: false },
      ...{ used: false, recover: false, counted: false, state: false, id: false, onChange: false },
    } satisfies Readonly<Record<keyof Journal, boolean>>
    const writes = Object.entries(methods).flatMap(([name, isWrite]) => (isWrite ? [`journal ${name}`] : []))

    expect(unexplained(writes, agentPasses, {})).toEqual([])
  })

  test('has a point at every frame that it sends', () => {
    const names = Object.keys(agentFrames).map((type) => `sending ${type}`)
    expect(
      unexplained(names, agentPasses, {
        'sending started': 'there are no feeds yet',
        'sending parked': 'said of a run that nothing is under way of; lost, it changes nothing',
        'sending trial': 'whoever asks for it asks again',
        'sending goodbye': 'a command says it, in a process of its own that holds no run; said again it is the same',
      }),
    ).toEqual([])
  })

  test('has a point at every frame that it takes', () => {
    const names = Object.keys(planeFrames).map((type) => `taking ${type}`)
    expect(unexplained(names, agentPasses, { 'taking credit': total })).toEqual([])
  })
})
