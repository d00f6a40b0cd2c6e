// What is to be reached, and whether it was.

import type { ContestantName } from './contestants.ts'
import type { Case, CaseFigures, ProcessFigures, Results, ServiceFigures } from './results.ts'

export type Verdict = {
  readonly what: string
  readonly found: number
  /** Of the contestant that it is compared with; undefined where the figure stands for itself. */
  readonly other: number | undefined
  /** The same of the strict relay, which pays for the promises and does nothing else; undefined where it did not run. */
  readonly strict: number | undefined
  /** What is judged: the ratio of the two, or the figure itself. */
  readonly judged: number
  readonly limit: number
  readonly bound: 'at most' | 'at least'
  readonly met: boolean
}

type Measure = (results: Results, contestant: ContestantName) => number | undefined

type Target = {
  readonly what: string
  readonly measure: Measure
  readonly against?: ContestantName
  readonly limit: number
  readonly bound: 'at most' | 'at least'
}

const inCase =
  (what: Case, figure: (figures: CaseFigures) => number): Measure =>
  ({ cases }, contestant) => {
    const found = cases.find((one) => {
      return (
        one.contestant === contestant &&
        one.work === what.work &&
        one.upstreamMs === what.upstreamMs &&
        one.inFlight === what.inFlight
      )
    })
    return found && figure(found)
  }

const ofProcesses =
  (figure: (figures: ProcessFigures) => number): Measure =>
  ({ processes }, contestant) => {
    const found = processes.find((one) => one.contestant === contestant)
    return found && figure(found)
  }

const ofService =
  (figure: (figures: ServiceFigures) => number): Measure =>
  ({ service }, contestant) =>
    contestant === 'library' && typeof service !== 'string' ? figure(service) : undefined

const tenGroups = { work: 'group', upstreamMs: 0, inFlight: 10 } as const
const tenListings = { ...tenGroups, work: 'users' } as const
const perSecond = (figures: CaseFigures) => figures.perSecond

type P50 = Pick<Target, 'against' | 'limit'> & { readonly upstreamMs: number }

function p50sOfOneGroup({ upstreamMs, ...bounds }: P50): readonly Target[] {
  return [1, 10, 100].map((inFlight): Target => {
    const measure = inCase({ work: 'group', upstreamMs, inFlight }, ({ p50Ms }) => p50Ms)
    const what = `p50 of one group, ${upstreamMs} ms upstream, ${inFlight} in flight, ms`
    return { what, measure, bound: 'at most', ...bounds }
  })
}

const bytesPerMiB = 1024 * 1024
const bytesPerMB = 1_000_000

/** Of a control plane in the process of its caller, which is what the relay is, too. */
const targets: readonly Target[] = [
  ...p50sOfOneGroup({ upstreamMs: 20, against: 'direct', limit: 1.15 }),
  ...p50sOfOneGroup({ upstreamMs: 0, against: 'relay', limit: 2.5 }),
  {
    what: 'groups a second, 0 ms upstream, 10 in flight',
    measure: inCase(tenGroups, perSecond),
    against: 'relay',
    limit: 0.4,
    bound: 'at least',
  },
  {
    what: 'processor time of a group in the network, 10 in flight, µs',
    measure: inCase(tenGroups, ({ nearCpuUs }) => nearCpuUs),
    against: 'relay',
    limit: 2.5,
    bound: 'at most',
  },
  {
    what: 'processor time of a group at both ends, 10 in flight, µs',
    measure: inCase(tenGroups, ({ nearCpuUs, farCpuUs }) => nearCpuUs + farCpuUs),
    against: 'relay',
    limit: 2.5,
    bound: 'at most',
  },
  {
    what: 'pages of users a second, 0 ms upstream, 10 in flight',
    measure: inCase(tenListings, perSecond),
    against: 'relay',
    limit: 0.6,
    bound: 'at least',
  },
  {
    what: 'private memory of the idle agent, MB',
    measure: ofProcesses(({ nearIdleMiB }) => (nearIdleMiB * bytesPerMiB) / bytesPerMB),
    limit: 30,
    bound: 'at most',
  },
  {
    what: 'start to first answer, ms',
    measure: ofProcesses(({ firstAnswerMs }) => firstAnswerMs),
    against: 'relay',
    limit: 1.3,
    bound: 'at most',
  },
  {
    what: 'start of the installed service to its session, ms',
    measure: ofService(({ sessionMs }) => sessionMs),
    limit: 500,
    bound: 'at most',
  },
  {
    what: 'private memory of the installed service, idle, MB',
    measure: ofService(({ idleMiB }) => (idleMiB * bytesPerMiB) / bytesPerMB),
    limit: 30,
    bound: 'at most',
  },
]

/** Those that the results can tell of. */
export function judge(results: Results): readonly Verdict[] {
  return targets.flatMap(({ what, measure, against, limit, bound }) => {
    const found = measure(results, 'library')
    const other = against && measure(results, against)
    if (found === undefined || (against !== undefined && other === undefined)) return []
    const compared = (figure: number) => (other === undefined ? figure : figure / other)
    const judged = compared(found)
    const ofStrict = measure(results, 'strict')
    const strict = ofStrict && compared(ofStrict)
    const met = bound === 'at most' ? judged <= limit : judged >= limit
    return [{ what, found, other, strict, judged, limit, bound, met }]
  })
}
