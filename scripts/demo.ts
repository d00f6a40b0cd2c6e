// `npm run demo`: JumpCloud (simulated), control plane and agent as real processes, and the main job from end to end.
//   npm run demo                                     a person's ten seconds
//   npm run -s demo -- --json                        one JSON object per step
//   npm run demo -- --keep                           stays up, and prints what to try
//   npm run demo -- --token-file FILE --region us    the real JumpCloud, reads only

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Installation, startInstallation, startRealInstallation } from '../test/support/installation.ts'
import { createNarrator, type Figures } from './demo/narrate.ts'
import { readOptions, UsageError } from './demo/options.ts'
import { realPolicy, realSteps } from './demo/real-steps.ts'
import { simulatedPolicy, simulatedSteps } from './demo/simulated-steps.ts'
import { tryIt } from './demo/try-it.ts'

async function demonstrate(): Promise<number> {
  const { json, keep, real } = await readOptions(process.argv.slice(2), process.env)
  const narrator = createNarrator({ json, print: (line) => process.stdout.write(`${line}\n`) })
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort())
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-demo-'))
  const started = performance.now()
  const tookMs = (): Figures => ({ tookMs: Math.round(performance.now() - started) })

  const play = async <Kind extends Installation>(installation: Kind, steps: readonly Step<Kind>[]) => {
    narrator.step('start', true, 'the agent is enrolled and connected; every part is a process of its own', tookMs())
    for (const step of steps) {
      stopping.signal.throwIfAborted()
      await step(installation, narrator)
    }
    if (!keep) return
    const { url, token } = installation.plane
    narrator.step('stay up', true, 'everything runs on until Ctrl-C', { url, token })
    for (const line of tryIt(installation)) narrator.say(line)
    await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve))
  }

  try {
    if (real === undefined) {
      const sizes = { users: 250, groups: 12, events: 400 }
      await using installation = await startInstallation({ directory, sizes, policy: simulatedPolicy })
      await play(installation, simulatedSteps)
    } else {
      await using installation = await startRealInstallation({ directory, ...real, policy: realPolicy })
      await play(installation, realSteps)
    }
  } catch (error) {
    const why = stopping.signal.aborted ? 'ended by a signal' : String(error instanceof Error ? error.message : error)
    narrator.step('demo', false, why, tookMs())
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  narrator.end()
  return narrator.failedCount === 0 ? 0 : 1
}

type Step<Kind> = (installation: Kind, narrator: ReturnType<typeof createNarrator>) => Promise<void>

try {
  process.exitCode = await demonstrate()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`demo: ${error.message}\n`)
  process.exitCode = 2
}
