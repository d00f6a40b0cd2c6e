import { expect, test } from 'vitest'
import {
  figuresTable,
  guardTable,
  processesTable,
  serviceTable,
  table,
  targetsTable,
} from '../../../scripts/bench/tables.ts'
import { group, madeUpResults } from './made-up-results.ts'

test('a table is aligned: texts to the left, figures to the right', () => {
  const rows = [
    ['relay', '1.25'],
    ['direct', '10.5'],
  ]

  expect(table(['who', 'ms'], rows).split('\n')).toEqual([
    '| who    |   ms |',
    '| ------ | ---: |',
    '| relay  | 1.25 |',
    '| direct | 10.5 |',
  ])
})

test('figures have three digits that mean something, and direct calls no near side', () => {
  const cases = [group('direct', { p50Ms: 0.123456, p99Ms: 12.3456, perSecond: 1234.56 })]

  expect(figuresTable(madeUpResults({ cases })).split('\n').at(-1)).toMatch(
    /^\| group \| +0 ms \| +1 \| direct \| +0\.12 \| +12\.3 \| +1235 \| +\| +50\.0 \|$/,
  )
})

test('every process and every target that was judged has a line', () => {
  const results = madeUpResults()

  expect(processesTable(results).split('\n')).toHaveLength(4)
  expect(targetsTable(results)).toMatch(/private memory .* ≤ 30 \| met/)
  expect(targetsTable(results)).toMatch(/start to first answer, ms +\| +120 \| +100 \| +1\.20 \| +≤ 1\.3 \| met/)
})

test('what the leak guard costs is told beside what parsing the same page does', () => {
  const [, , line] = guardTable(madeUpResults()).split('\n')

  expect(line).toMatch(/^\| a page of 153 kB \| +48 \| +30\.0 \| +300 \| +0\.10 \|$/)
})

test('the installed service has a line of its own, or the reason why there is none', () => {
  expect(serviceTable(madeUpResults()).split('\n').at(-1)).toMatch(/^\| service +\| +250 \| +25\.0 \|$/)
  expect(serviceTable(madeUpResults({ service: 'only root can boot a Debian' }))).toBe(
    'The installed service was not measured: only root can boot a Debian.',
  )
})
