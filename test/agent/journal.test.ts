// Kills a process that journals, at moments drawn from a seed, and looks at what it left.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { RecoveredRun } from '../../agent/journal/records.ts'
import { createDraw } from '../support/jumpcloud/random.ts'
import { createJournalDirectory, pageOf, progressAt, runNamed } from './journal/open-test-journal.ts'

const program = join(import.meta.dirname, 'journal/journal-in-a-loop.ts')
const stages = ['held', 'intended', 'settled', 'paged 0', 'paged 1', 'paged 2', 'answered', 'forgotten']
const killCount = 30
const seconds = 1000

test('what was told as durable is there after a kill at any moment, and nothing is there by halves', {
  timeout: 120 * seconds,
}, async () => {
  await using directory = await createJournalDirectory()
  const draw = createDraw(20_260_304)
  for (let kill = 0; kill < killCount; kill += 1) {
    const told = await runUntilKilled(directory.path, `k${kill}`, draw.integer(60))

    await using journal = await directory.open()

    expect(journal.state.name).toBe('ok')
    const runs = new Map((await journal.recover()).map((run) => [run.id, run]))
    for (const run of runs.values()) expectWhole(run)
    for (const [id, stage] of told) {
      const used = await journal.used(id)
      const found = used?.isHeld === false ? stages.length - 1 : stageOf(runs.get(id))
      expect(found, `${id} was told as ${stages[stage]}`).toBeGreaterThanOrEqual(stage)
      expect(found, `${id} was told as ${stages[stage]}`).toBeLessThanOrEqual(stage + 1)
    }
    for (const id of runs.keys()) await journal.forget(id)
  }
  using database = new DatabaseSync(directory.database)
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([])
})

/** Lets the process say some lines, kills it, and returns the last stage that it told of each run. */
async function runUntilKilled(stateDirectory: string, prefix: string, lineCount: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [program, stateDirectory, prefix], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const told = new Map<string, number>()
  let seen = 0
  for await (const line of createInterface(child.stdout)) {
    const [stage = '', id, seq] = line.split(' ')
    if (id !== undefined) told.set(id, stages.indexOf(seq === undefined ? stage : `${stage} ${seq}`))
    if (seen === lineCount) child.kill('SIGKILL')
    seen += 1
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return told
}

function stageOf(run: RecoveredRun | undefined): number {
  if (run === undefined) return -1
  if (run.answer !== undefined) return stages.indexOf('answered')
  if (run.pageCount > 0) return stages.indexOf(`paged ${run.pageCount - 1}`)
  const [intent] = run.intents
  if (intent === undefined) return stages.indexOf('held')
  return stages.indexOf(intent.row === undefined ? 'intended' : 'settled')
}

function expectWhole(run: RecoveredRun): void {
  const { id, pages, pageCount, progress } = run
  expect(run).toMatchObject(runNamed(id, { effect: 'write' }))
  expect(pages).toEqual(Array.from({ length: pageCount }, (_, seq) => pageOf(seq, 'x'.repeat(9_000))))
  expect(progress).toEqual(pages.map(({ seq }) => progressAt(seq)))
  if (pageCount > 0) expect(run.intents).toEqual([{ target: 'user', row: { outcome: 'applied' } }])
  if (run.answer !== undefined) expect(run.answer).toEqual({ type: 'done', id })
}
