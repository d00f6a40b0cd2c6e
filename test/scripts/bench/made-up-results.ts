// Results that nobody measured: round figures, so that ratios can be read.

import type { ContestantName } from '../../../scripts/bench/contestants.ts'
import type { CaseFigures, ProcessFigures, Results } from '../../../scripts/bench/results.ts'

export function madeUpResults(change: Partial<Results> = {}): Results {
  return {
    takenAt: '2026-11-22T10:00:00.000Z',
    machine: { processor: 'A Chip', coreCount: 2, memoryGiB: 24, system: 'Linux 6 x64', node: '24.1.0', commitMs: 0.4 },
    roundCount: 5,
    roundMs: 800,
    userCount: 1000,
    cases: [group('direct', { p50Ms: 0.1 }), group('relay', { p50Ms: 0.2 }), group('library', { p50Ms: 0.4 })],
    processes: [started('relay', 100), started('library', 120)],
    guard: [{ needleCount: 48, pageBytes: 153_000, searchUs: 30, parseUs: 300 }],
    service: { sessionMs: 250, idleMiB: 25 },
    ...change,
  }
}

/** One group at a time, without added latency. */
export function group(contestant: ContestantName, change: Partial<CaseFigures> = {}): CaseFigures {
  const what = { work: 'group', upstreamMs: 0, inFlight: 1 } as const
  return { ...what, contestant, p50Ms: 1, p99Ms: 2, perSecond: 1000, nearCpuUs: 100, farCpuUs: 50, ...change }
}

export function started(contestant: ContestantName, firstAnswerMs: number): ProcessFigures {
  return { contestant, firstAnswerMs, nearIdleMiB: 27, farIdleMiB: 40, nearPeakMiB: 150, farPeakMiB: 160 }
}
