// Plays a scenario over one process after the other, each of which is killed, and one at the end that is not.

import { expect } from 'vitest'
import type { Sweep, SweepHost } from './agent-sweep.ts'
import type { Scenario, Stage } from './agent-sweep-scenarios.ts'
import type { Program } from './program.ts'

export type Played = {
  /** How each process ended. */
  readonly ends: readonly unknown[]
  /** The one that the run ended as. */
  readonly attempt: unknown
  /** Those that the last of them passed. */
  readonly points: readonly string[]
  /** Rejects where what is told of the runs is not true, or a journal was lost that was not. */
  readonly check: () => Promise<void>
}

/** `deaths` are the points to be killed at; a process with undefined ends by itself when the run has. */
export async function play(sweep: Sweep, scenario: Scenario, deaths: readonly (string | undefined)[]): Promise<Played> {
  const { isLate = false, prepare, between, meanwhile, losesJournal = false, isTrue } = scenario
  await using host = await sweep.host(scenario.memberCount)
  const { caller } = host
  const asking = askingOf(scenario, host)
  const follow = async () => {
    const ids = [await asking.ask(), ...(await asking.askOthers())]
    return await Promise.all(ids.map((id) => caller.follow(id)))
  }
  await prepare?.(host)
  if (!isLate) await asking.ask()
  const ends: unknown[] = []
  let last: Program | undefined
  for (const deadly of deaths) {
    if (last !== undefined) await between?.({ host, program: undefined, ...asking })
    const program = host.start(deadly)
    const gone = program.ended.then(() => {})
    await Promise.race([meanwhile?.({ host, program, ...asking }), gone])
    await Promise.race([follow(), gone])
    program.signal('SIGTERM')
    ends.push(await program.ended)
    last = program
  }
  await between?.({ host, program: undefined, ...asking })
  const finished = await host.goOn(async () => {
    await meanwhile?.({ host, program: undefined, ...asking })
    return await follow()
  })
  const losses = await host.losses()
  const { attempt } = (await caller.ask('GET', `/v1/runs/${await asking.ask()}`)).body
  const check = async () => {
    if (!losesJournal) expect(losses).toEqual([])
    // One loss is set aside once.
    expect(losses.length).toBeLessThanOrEqual(1)
    const [first, ...others] = finished
    if (first !== undefined) await isTrue(first, host, others)
  }
  return { ends, attempt, points: pointsOf(last), check }
}

function askingOf({ job, params, others }: Scenario, host: SweepHost): Pick<Stage, 'ask' | 'askOthers'> {
  const { caller } = host
  return {
    ask: () => caller.submit(job, params(host), { key: 'the-run' }),
    askOthers: async (count) => {
      const asked = (others?.(host) ?? []).slice(0, count)
      return await Promise.all(asked.map((one, index) => caller.submit(one.job, one.params, { key: `other-${index}` })))
    },
  }
}

function pointsOf(program: Program | undefined): readonly string[] {
  return (program?.lines ?? []).flatMap((line) => /^\{"point":"(.+)"\}$/.exec(line)?.[1] ?? [])
}
