// Plays a handover: two replicas, a run that the first one has where it can, and what happens then, until it is over.

import type { Handover, Stage } from './handover-scenarios.ts'
import { createHonestAgent } from './honest-agent.ts'
import type { MortalTemplate } from './mortal-template.ts'
import { until } from './until.ts'

const params = { groupId: '6026da081f24755306c2ee0d', userIds: ['6026bec6b8207255280d5981'] }
const rowOfWrite = { userId: params.userIds[0], outcome: 'applied', reason: null, would: null }

/** Answers with how the process ended, and the points that it passed once both were there; rejects where what came of it is not true. */
export async function playHandover(template: MortalTemplate, handover: Handover, deadly?: string) {
  const { ttlMs, isRead = false, isWritable, happens, survivors, isTrue } = handover
  const pages = () => [isRead ? [] : [rowOfWrite]]
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
  const asked = isRead ? { job: 'groups.list', params: {} } : { job: 'groups.members.add', params }
  const run = await world.surely(({ caller }) => caller.submit(asked.job, asked.params, { ttlMs, key: 'once' }))
  if (isWritable) await until(() => first.held().length === 1)
  await world.surely(({ url }) => other.connect(url))

  const stage = { world, first, other, run }
  await happens(stage)
  await pushUntilOver(handover, stage)
  await until(() => other.held().length === 0)
  await isTrue(stage)
  const ended = await world.ended()
  // It may have been killed just now.
  if (deadly !== undefined) await isTrue(stage)
  const points = world.points()
  const since = points.slice(points.indexOf('after frame welcome #2') + 1)
  // Lines are swept with the reads that end well.
  return { ended, points: since.filter((point) => !point.includes(' line of ')) }
}

/** Lets time go on until it is over, at whichever control plane is there. */
async function pushUntilOver({ isOver }: Handover, stage: Stage): Promise<void> {
  await stage.world.surely(async (here) => {
    await until(async () => {
      here.push()
      return await isOver(here, stage)
    })
  })
}
