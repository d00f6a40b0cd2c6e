import { expect, test } from 'vitest'
import { benchPage } from '../../../scripts/bench/page.ts'
import { targetsTable } from '../../../scripts/bench/tables.ts'
import { madeUpResults } from './made-up-results.ts'

test('the page tells the day, the machine and the verdicts', () => {
  const results = madeUpResults()

  const page = benchPage(results)

  expect(page).toContain('Taken on 2026-11-22 on 2 cores (A Chip), 24 GiB of memory, Linux 6 x64, Node 24.1.0')
  expect(page).toContain('took 0.40 ms')
  expect(page).toContain(targetsTable(results))
})
