// What a bench finds, as it stands in the JSON that it writes.

import type { ContestantName } from './contestants.ts'
import type { Work } from './work.ts'

export type Case = { readonly work: Work; readonly upstreamMs: number; readonly inFlight: number }

/** Medians over the rounds of one contestant in one case; processor time is over all rounds together. */
export type CaseFigures = Case & {
  readonly contestant: ContestantName
  /** Of one group, or of the whole directory. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Groups a second, or pages of 100 users a second. */
  readonly perSecond: number
  /** Of the process in the customer's network and of the one at the other end, for one group or one page. */
  readonly nearCpuUs: number
  readonly farCpuUs: number
}

export type ProcessFigures = {
  readonly contestant: ContestantName
  /** Medians over the starts: from the spawning of the near process to the answer of the first call. */
  readonly firstAnswerMs: number
  /** Private memory, half a second after that. */
  readonly nearIdleMiB: number
  readonly farIdleMiB: number
  /** The most that was seen in the whole run. */
  readonly nearPeakMiB: number
  readonly farPeakMiB: number
}

export type Machine = {
  readonly processor: string
  readonly coreCount: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  /** Median of one durable commit of SQLite to the disk of the contestants. */
  readonly commitMs: number
}

/** Of the leak guard, for one page as a frame: to search it, and to parse its rows. */
export type GuardFigures = {
  readonly needleCount: number
  readonly pageBytes: number
  readonly searchUs: number
  readonly parseUs: number
}

/** Of the installed service: from its start by systemd to its session, and its private memory half a second after a first answer. */
export type ServiceFigures = { readonly sessionMs: number; readonly idleMiB: number }

export type Results = {
  readonly takenAt: string
  readonly machine: Machine
  readonly roundCount: number
  readonly roundMs: number
  readonly userCount: number
  readonly cases: readonly CaseFigures[]
  readonly processes: readonly ProcessFigures[]
  readonly guard: readonly GuardFigures[]
  /** Or why there are no figures of it: what was not measured is told, too. */
  readonly service: ServiceFigures | string
}
