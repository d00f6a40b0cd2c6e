// `npm run demo`: a JumpCloud (simulated), a control plane and an agent as real processes, and the main job from end to end.
//
//   npm run demo                                     a person's ten seconds
//   npm run -s demo -- --json                        one JSON object per step
//   npm run demo -- --keep                           stays up, and prints what to try
//   npm run demo -- --token-file FILE --region us    the real JumpCloud, reads only

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startInstallation } from '../test/support/installation.ts'
import { createNarrator } from './demo/narrate.ts'
import { realPolicy, realSteps } from './demo/real-steps.ts'
import { simulatedPolicy, simulatedSteps } from './demo/simulated-steps.ts'
import { tryIt } from './demo/try-it.ts'

const regions = ['us', 'eu', 'in']

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: process.env.npm_config_json === 'true' },
    keep: { type: 'boolean', default: process.env.npm_config_keep === 'true' },
    'token-file': { type: 'string' },
    region: { type: 'string' },
  },
})
const tokenFile = values['token-file']
if (
  (tokenFile === undefined) !== (values.region === undefined) ||
  (values.region && !regions.includes(values.region))
) {
  process.stderr.write(
    'demo: --token-file FILE and --region us|eu|in go together; without both, JumpCloud is simulated\n',
  )
  process.exit(2)
}

const narrator = createNarrator({ json: values.json, print: (line) => process.stdout.write(`${line}\n`) })
const directory = await mkdtemp(join(tmpdir(), 'sallyport-demo-'))
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())

try {
  const jumpcloud =
    tokenFile === undefined || values.region === undefined
      ? { sizes: { users: 250, groups: 12, events: 400 } }
      : { tokenFile, region: values.region }
  const policy = tokenFile === undefined ? simulatedPolicy : () => realPolicy
  const startedAt = performance.now()
  await using installation = await startInstallation({ directory, jumpcloud, policy })
  narrator.step('start', true, `three processes are up, and the agent is enrolled and connected`, {
    tookMs: Math.round(performance.now() - startedAt),
  })
  const steps = tokenFile === undefined ? simulatedSteps : realSteps
  for (const step of steps) {
    stopping.signal.throwIfAborted()
    await step(installation, narrator)
  }
  if (values.keep) {
    for (const line of await tryIt(installation)) narrator.say(line)
    await new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()))
  }
} catch (error) {
  narrator.step('demo', false, error instanceof Error ? error.message : String(error), {})
} finally {
  await rm(directory, { recursive: true, force: true })
}
narrator.end()
process.exitCode = narrator.failedCount === 0 ? 0 : 1
