// A write that is taken over from a replica by itself: killed after its change, it comes back as another attempt, and is killed again.

import { expect } from 'vitest'
import { expectTruth, passed, type Scenario, type Stage, write } from './agent-sweep-scenarios.ts'
import { until } from './until.ts'

/** Where the first process is killed: one change was applied, and nobody knows. */
export const firstDeath = 'before journal settle #1'

async function stateOf({ host, ask }: Stage): Promise<{ readonly state: unknown; readonly attempt: unknown }> {
  const { body } = await host.caller.ask('GET', `/v1/runs/${await ask()}`)
  return { state: body.state, attempt: body.attempt }
}

/** Where the attempt was lost with the process, it is taken over once more. */
async function pushUntilOver(stage: Stage): Promise<void> {
  // Whoever is not there yet is not away for long.
  await until(stage.host.isReady)
  await until(async () => {
    stage.host.push()
    return !['queued', 'sent', 'accepted'].includes(String((await stateOf(stage)).state))
  })
}

export const retold: Scenario = {
  ...write,
  passes: ['journal become', 'sending accepted', 'journal answer', 'sending done'],
  swept: / (journal (become|answer|settle)|sending (accepted|done)|taking (run|ack)) /,
  between: async (stage) => {
    // Only the first time: from the second attempt on the agent is to come back with it.
    await until(async () => {
      const { state, attempt } = await stateOf(stage)
      if (state === 'queued' || attempt !== 1) return true
      stage.host.push()
      return false
    })
  },
  meanwhile: async (stage) => {
    const { host, program } = stage
    if (program === undefined) return await pushUntilOver(stage)
    if (host.posts() === 0) return
    // What it looks back at waits until it has the run anew: else it would be answered before.
    const hold = host.jumpcloud.levers.hold({ path: '/api/v2/users/*/memberof' })
    try {
      await passed(stage, 'after taking run #1')
    } finally {
      hold.release()
    }
  },
  isTrue: (finished, host) => {
    expect(finished).toMatchObject({ state: 'done', error: null, rows: { length: 2 } })
    expectTruth(finished, host)
  },
}
