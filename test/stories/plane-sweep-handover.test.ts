// The control plane is killed at every commit and every frame by which a run or the lead goes from one replica to another, or a run
// ends because nobody came for it, and another control plane takes its place.

import { afterAll, describe, expect, test } from 'vitest'
import { type Handover, handovers, pushUntilOver } from '../support/handover-scenarios.ts'
import { createHonestAgent } from '../support/honest-agent.ts'
import { makeMortalTemplate } from '../support/mortal-template.ts'
import { until } from '../support/until.ts'

const template = await makeMortalTemplate()
afterAll(() => template[Symbol.asyncDispose]())

const params = { groupId: '6026da081f24755306c2ee0d', userIds: ['6026bec6b8207255280d5981'] }
const pages = () => [[{ userId: params.userIds[0], outcome: 'applied', reason: null, would: null }]]

/** Answers with how the process ended, and the points that it passed once both were there. */
async function play(handover: Handover, deadly?: string) {
  const { ttlMs, isWritable, happens, survivors, isTrue } = handover
  await using first = createHonestAgent({ ...template.identity }, { pages, isIdle: true })
  await using other = createHonestAgent({ ...template.other }, { pages })
  const replicas = { first, other }
  if (!isWritable) for (const replica of [first, other]) replica.tell({ journal: 'read_only' })
  const arrivals: unknown[] = []
  await using world = await template.open(deadly, async ({ url }) => {
    const names = arrivals.length === 0 ? (['first'] as const) : survivors
    arrivals.push(url)
    for (const name of names) await replicas[name].connect(url)
  })
  const run = await world.surely(({ caller }) => caller.submit('groups.members.add', params, { ttlMs, key: 'once' }))
  if (isWritable) await until(() => first.held().length === 1)
  await world.surely(({ url }) => other.connect(url))

  const stage = { world, first, other, run }
  await happens(stage)
  await pushUntilOver(handover, stage)
  await until(() => other.held().length === 0)
  const ended = await world.ended()
  if (deadly !== undefined) await isTrue(stage)
  const points = world.points()
  return { ended, points: points.slice(points.indexOf('after frame welcome #2') + 1) }
}

for (const [name, handover] of Object.entries(handovers)) {
  describe(`${name}, and the control plane is killed`, async () => {
    const { points } = await play(handover)

    test('before its commit and after it', () => {
      const atCommit = points.filter((point) => point.includes(` store ${handover.commit} #`))
      expect(atCommit.map((point) => point.split(' ')[0])).toEqual(['before', 'after'])
    })

    test.for(points)('%s', async (deadly) => {
      const { ended } = await play(handover, deadly)

      expect(ended).toBe('SIGKILL')
    })
  })
}
