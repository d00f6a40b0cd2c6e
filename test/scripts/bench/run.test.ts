import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readOptions } from '../../../scripts/bench/options.ts'
import { runBench } from '../../../scripts/bench/run.ts'

// A dozen processes start and end for it, some of them more than once.
const patience = { timeout: 120_000 }

const withoutService = 'group,users,direct,relay,strict,library,http'

test('everybody answers everything that was asked, and is found to have used time and memory', patience, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-bench-test-'))
  const brief = ['--seconds', '0.01', '--rounds', '1', '--starts', '1', '--users', '120', '--in-flight', '2']
  const options = readOptions([...brief, '--upstream', '0,1', '--directory', folder.path, '--only', withoutService])
  const said: string[] = []

  const now = () => new Date(0)
  const results = await runBench(options, join(folder.path, 'dist'), { now, say: (line) => said.push(line) })

  expect(results.takenAt).toBe('1970-01-01T00:00:00.000Z')
  expect(results.cases.map(({ work, upstreamMs, contestant }) => `${work} ${upstreamMs} ${contestant}`)).toEqual(
    ['group 0', 'users 0', 'group 1', 'users 1'].flatMap((what) =>
      ['direct', 'relay', 'strict', 'library', 'http'].map((contestant) => `${what} ${contestant}`),
    ),
  )
  for (const { p50Ms, p99Ms, perSecond, farCpuUs } of results.cases) {
    expect(Math.min(p50Ms, p99Ms, perSecond, farCpuUs)).toBeGreaterThan(0)
  }
  expect(results.processes.map(({ contestant }) => contestant)).toEqual(['relay', 'strict', 'library', 'http'])
  for (const { firstAnswerMs, nearIdleMiB, nearPeakMiB } of results.processes) {
    expect(Math.min(firstAnswerMs, nearIdleMiB, nearPeakMiB)).toBeGreaterThan(0)
  }
  expect(results.guard.map(({ needleCount }) => needleCount)).toEqual([6, 48])
  for (const { searchUs, parseUs } of results.guard) expect(Math.min(searchUs, parseUs)).toBeGreaterThan(0)
  expect(results.service).toBe('it was not asked for')
  expect(said).toContain('users, 2 in flight, 1 ms upstream')
})
