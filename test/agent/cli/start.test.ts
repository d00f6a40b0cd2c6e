import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Host } from '../../../agent/cli/host.ts'
import { start } from '../../../agent/cli/start.ts'
import { openIdentityFile } from '../../../agent/identity/identity.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { enrolAt } from '../../support/running-agent.ts'

/** Runs `start` and asks it to stop as soon as `when` says so of what it did last: listened for that, or wrote a line. */
async function startAndStop(when: (step: string) => boolean): Promise<string> {
  await using plane = await startPlanePeer()
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-start-'))
  const at = (name: string) => join(directory.path, name)
  await enrolAt(plane, openIdentityFile(directory.path))
  await writeFile(at('key'), 'jca_0123456789abcdefghijklmnopqrstuv', { mode: 0o600 })
  const connection = `{ region: us, credential: { file: ${at('key')} } }`
  await writeFile(at('config.yaml'), `plane: { url: ${plane.url} }\nconnections: { main: ${connection} }\n`)

  const steps: string[] = []
  let stop = () => {}
  const step = (text: string) => {
    steps.push(text)
    if (when(text)) stop()
  }
  const host: Host = {
    environment: {},
    print: step,
    complain: step,
    readInput: async () => '',
    onStop: (listener) => {
      stop = listener
      step('listening')
    },
  }
  await start({ config: at('config.yaml'), state: directory.path }, host)
  return steps.join('\n')
}

test('begins nothing where it is stopped before it has opened its files', async () => {
  const said = await startAndStop((step) => step === 'listening')

  expect(said).toBe('listening')
})

test('leaves at once where it is stopped while it is being put together', async () => {
  const said = await startAndStop((step) => step.includes('agent.started'))

  expect(said).toContain('agent.stopped')
})
