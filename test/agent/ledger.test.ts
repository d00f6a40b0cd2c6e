// Kills a process that writes its ledger, at moments drawn from a seed, and looks at what it left.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import type { Head } from '../../agent/ledger/chain.ts'
import { createDraw } from '../support/jumpcloud/random.ts'
import { createLedgerDirectory, type LedgerDirectory } from './ledger/open-test-ledger.ts'

const program = join(import.meta.dirname, 'ledger/ledger-in-a-loop.ts')
const killCount = 100
const seconds = 1000

type Told = { readonly run: string; readonly head: Head }

test('what was told as durable is there after a kill at any moment, and the chain is whole when it is mended', {
  timeout: 180 * seconds,
}, async () => {
  await using directory = await createLedgerDirectory()
  const draw = createDraw(20_260_304)
  const told: Told[] = []
  for (let kill = 0; kill < killCount; kill += 1) {
    told.push(...(await runUntilKilled(directory, `k${kill}`, draw.integer(20))))
  }

  await directory.fill(0)

  const verdict = directory.verify(...told.map(({ head }) => head))
  const runs = new Set((await directory.read()).map(({ entry }) => entry.run))
  expect(told.length).toBeGreaterThan(killCount)
  expect(verdict).toMatchObject({ fault: undefined, tornBytes: 0 })
  expect(told.filter(({ run }) => !runs.has(run))).toEqual([])
})

/** Lets the process say some lines and kills it; resolves with what it told as durable. */
async function runUntilKilled({ path, key }: LedgerDirectory, prefix: string, lineCount: number): Promise<Told[]> {
  const words = [program, path, prefix, JSON.stringify(key)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const told: Told[] = []
  let seen = 0
  for await (const line of createInterface(child.stdout)) {
    const [run = '', seq, hash] = line.split(' ')
    if (seq !== undefined && hash !== undefined) told.push({ run, head: { seq: Number(seq), hash } })
    if (seen === lineCount) child.kill('SIGKILL')
    seen += 1
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return told
}
