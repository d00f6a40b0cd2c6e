// Plays a scenario over one process after the other, each of which is killed, and one at the end that is not.

import type { Sweep } from './agent-sweep.ts'
import type { Scenario } from './agent-sweep-scenarios.ts'
import type { Program } from './program.ts'

export type Played = {
  /** How each process ended. */
  readonly ends: readonly unknown[]
  /** Those that the last of them passed. */
  readonly points: readonly string[]
  /** Throws where what is told of the run is not true. */
  readonly check: () => void
}

/** `deaths` are the points to be killed at; a process with undefined ends by itself when the run has. */
export async function play(sweep: Sweep, scenario: Scenario, deaths: readonly (string | undefined)[]): Promise<Played> {
  await using host = await sweep.host(scenario.memberCount)
  const { caller } = host
  const run = await caller.submit(scenario.job, scenario.params(host))
  const ends: unknown[] = []
  let last: Program | undefined
  for (const deadly of deaths) {
    const program = host.start(deadly)
    const gone = program.ended.then(() => {})
    await Promise.race([scenario.meanwhile?.({ host, run, program }), gone])
    await Promise.race([caller.follow(run), gone])
    program.signal('SIGTERM')
    ends.push(await program.ended)
    last = program
  }
  const finished = await host.goOn(async () => {
    await scenario.meanwhile?.({ host, run, program: undefined })
    return await caller.follow(run)
  })
  return { ends, points: pointsOf(last), check: () => scenario.isTrue(finished, host) }
}

function pointsOf(program: Program | undefined): readonly string[] {
  return (program?.lines ?? []).flatMap((line) => /^\{"point":"(.+)"\}$/.exec(line)?.[1] ?? [])
}
