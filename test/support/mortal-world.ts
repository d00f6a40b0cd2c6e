// A mortal control plane in a process of its own, and the one that takes its place when it has been killed: same state, same tokens.

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { systemClock } from '../../control-plane/ports/clock.ts'
import { systemRandom } from '../../control-plane/ports/random.ts'
import { openState } from '../../control-plane/server.ts'
import type { AuditEntry } from '../../control-plane/store/store.ts'
import { startMortalPlane } from './mortal-plane.ts'
import { createPlaneCaller, type PlaneCaller } from './plane-caller.ts'
import { type Program, startProgram } from './program.ts'
import { createPushedClock, pushMs } from './pushed-clock.ts'

const root = join(import.meta.dirname, '../..')
const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

/** The program as one file: it starts three times as fast. */
export async function bundleMortalPlane(directory: string): Promise<string> {
  const outfile = join(directory, 'mortal-plane.mjs')
  const entryPoints = [join(root, 'test/support/mortal-plane-program.ts')]
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', banner: { js: banner } })
  return outfile
}

export type Here = {
  readonly url: string
  readonly caller: PlaneCaller
  /** Pushes the time of the plane on by `pushMs`. */
  readonly push: () => void
}

export type MortalWorld = AsyncDisposable & {
  /** Does it, and again at the plane that took the place of the one that was killed meanwhile. */
  surely<Result>(act: (here: Here) => Promise<Result>): Promise<Result>
  /** Asks the first process to stop in order; from then on all is done at the plane that took its place. */
  stop(): void
  /** How the first process ends: by itself where it is to be killed, or was asked to stop. */
  ended(): Promise<number | NodeJS.Signals>
  /** What the audit log says, newest first. */
  audited(): Promise<readonly AuditEntry[]>
  /** The points that it passed, where it was not to be killed. */
  points(): readonly string[]
}

export type WorldOptions = {
  readonly program: string
  /** With an agent and a token in it; it is used up. */
  readonly state: string
  readonly token: string
  readonly deadly?: string | undefined
  /** Called with each plane that is there, the first one too. It is asked again where the plane was killed meanwhile. */
  readonly arrive: (here: Here) => Promise<void>
}

export async function startMortalWorld(options: WorldOptions): Promise<MortalWorld> {
  const { program: file, state, token, deadly, arrive } = options
  const parts = new AsyncDisposableStack()
  const at = (url: string, push: () => void): Here => ({
    ...{ url, push },
    caller: createPlaneCaller({ url, token, agent: 'acme' }),
  })
  const args = deadly === undefined ? [state] : [state, deadly]
  const program = parts.use(startProgram(relative(root, file), { args }))
  // It may be killed before it listens: whoever asks it then is refused.
  const { url } = await program
    .line(({ event }) => event === 'plane.listening')
    .catch(() => ({ url: 'http://127.0.0.1:9' }))
  let aheadMs = 0
  const first = at(String(url), () => {
    aheadMs += pushMs
    program.signal('SIGUSR2')
  })
  let second: Promise<Here> | undefined

  const takePlace = async () => {
    await program.ended
    const clock = createPushedClock(systemClock, aheadMs)
    const plane = parts.use(await startMortalPlane(state, () => {}, clock))
    const here = at(plane.url, () => clock.push(pushMs))
    await arrive(here)
    return here
  }
  const surely: MortalWorld['surely'] = async (act) => {
    if (second !== undefined) return await act(await second)
    try {
      return await act(first)
    } catch (error) {
      // It was killed meanwhile, or the story is broken.
      if (deadly === undefined) throw error
      second ??= takePlace()
      return await act(await second)
    }
  }
  await surely(async (here) => (here === first ? await arrive(first) : undefined))

  return {
    surely,
    stop: () => {
      program.signal('SIGTERM')
      second ??= takePlace()
      // Whoever does anything next is told.
      second.catch(() => {})
    },
    ended: () => {
      if (deadly === undefined && second === undefined) program.signal('SIGKILL')
      return program.ended
    },
    audited: async () => {
      const { store } = await openState(state, { random: systemRandom, clock: systemClock })
      return await store.audit.list({ limit: 100 }).finally(store.close)
    },
    points: () => pointsOf(program),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

function pointsOf({ lines }: Program): readonly string[] {
  return lines.flatMap((line) => /^\{"point":"(.+)"\}$/.exec(line)?.[1] ?? [])
}

export const aDirectory = () => mkdtempDisposable(join(tmpdir(), 'sallyport-sweep-'))
