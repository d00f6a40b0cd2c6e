import { expect, test } from 'vitest'
import { judge } from '../../../scripts/bench/targets.ts'
import { group, madeUpResults, started } from './made-up-results.ts'

test('a figure is judged by its ratio to the one it is compared with', () => {
  const verdict = judge(madeUpResults()).find(({ what }) => what.startsWith('p50 of one group, 0 ms'))

  expect(verdict).toMatchObject({ found: 0.4, other: 0.2, judged: 2, limit: 2.5, bound: 'at most', met: true })
})

test('beside it stands the same ratio of the strict relay, where that ran', () => {
  const { cases } = madeUpResults()
  const [alone] = judge(madeUpResults())
  const [beside] = judge(madeUpResults({ cases: [...cases, group('strict', { p50Ms: 0.3 })] }))

  expect(alone?.strict).toBeUndefined()
  expect(beside?.strict).toBeCloseTo(1.5)
})

test('what is beyond its limit is not met, from either side', () => {
  const ten = { inFlight: 10 } as const
  const slow = group('library', { ...ten, perSecond: 390, nearCpuUs: 251 })

  const verdicts = judge(madeUpResults({ cases: [group('relay', ten), slow], processes: [started('library', 1)] }))

  expect(verdicts.map(({ met }) => met)).toEqual([true, false, false, true, true, true, true])
})

test('what was not measured is not judged', () => {
  expect(judge(madeUpResults({ cases: [group('library')], processes: [], service: 'not asked for' }))).toEqual([])
})

test('the installed service is judged by itself, and stands beside no relay', () => {
  const verdicts = judge(madeUpResults({ service: { sessionMs: 501, idleMiB: 28 } })).slice(-2)

  expect(verdicts.map(({ what, found, strict, met }) => [what, Math.round(found), strict, met])).toEqual([
    ['start of the installed service to its session, ms', 501, undefined, false],
    ['private memory of the installed service, idle, MB', 29, undefined, true],
  ])
})
