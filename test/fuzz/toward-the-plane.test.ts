// Ten thousand messages that no honest agent sends, through live sockets into a real control plane.

import { expect, test } from 'vitest'
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts'
import { createFuzzingAgent, type FuzzingAgent } from './fuzzing-agent.ts'
import { type Line, pass } from './line.ts'
import { startDraw } from './mutate.ts'

/** One in five goes as it is, to get further in; ten thousand are spoilt. */
const messageCount = 12_500
const validEvery = 1000

/** Submits a run and has it answered by an honest session. */
async function workOnce({ plane, clock }: TestControlPlane, agent: FuzzingAgent) {
  const run = plane.agent('acme').run('groups.list', {})
  await agent.answer(run.id)
  return await pass(clock, run.done)
}

test('a control plane takes ten thousand spoilt messages, and works after every thousand', {
  timeout: 240_000,
}, async () => {
  const draw = startDraw('toward the plane')
  await using plane = await startControlPlane()
  const agent = await createFuzzingAgent(plane)
  const codes: Record<number, number> = {}
  let line: Line | undefined

  for (let count = 1; count <= messageCount; count += 1) {
    if (draw.chance(0.08)) await agent.knockBadly(draw)
    else {
      line = line?.isOpen ? line : await agent.open()
      if (draw.chance(0.04)) await plane.plane.agent('acme').run('groups.list', {}).id
      agent.say(draw, line)
      const code = (await line.settle()) ? undefined : (await line.closed).code
      if (code !== undefined) codes[code] = (codes[code] ?? 0) + 1
    }
    if (count % 10 === 0) await plane.clock.advance(100)
    if (count % validEvery > 0) continue
    line?.cut()
    expect(await workOnce(plane, agent), `after ${count} messages`).toMatchObject({ state: 'done', rowCount: 1 })
  }

  expect(Object.keys(codes)).toEqual(expect.arrayContaining(['4400', '4401', '4402']))
  expect(codes).not.toHaveProperty('4500')
  expect(plane.events.filter(({ event }) => /failed|not_|broken/.test(event))).toEqual([])
})
