// Who uses the control plane over HTTP: asks again with the same key until it is answered, reads streams, goes away, comes back
// for the rest, and cancels. It keeps what it was told, word for word.

import { type StreamLine, streamLine } from '../../control-plane/runs/stream-line.ts'
import type { Activity } from './activity.ts'
import type { Directory } from './directory.ts'
import { askOnce, openLines } from './plane-http.ts'
import type { Submission } from './submission.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** One reading of a stream: where it began, and the lines that came. */
export type Reading = {
  readonly attempt: number | undefined
  readonly from: number
  readonly lines: readonly StreamLine[]
}

export type Told = {
  readonly submission: Submission
  readonly askedAtMs: number
  /** Ids of runs, as they were answered. */
  readonly runs: readonly string[]
  readonly readings: readonly Reading[]
}

export type Vendor = {
  /** Resolves when the stream has come to its last line; at once where nobody answered, and it may not be asked again. */
  submit(submission: Submission): Promise<void>
  cancel(number: number): Promise<void>
  readonly told: readonly Told[]
}

export type VendorOptions = {
  readonly clock: Pick<VirtualClock, 'elapsedMs' | 'sleep'>
  readonly activity: Activity
  readonly directory: Pick<Directory, 'paramsOf'>
  readonly token: string
  /** Of the control plane; undefined while it is down. */
  readonly port: () => number | undefined
}

const agent = 'acme'
const patienceMs = 1000

type Known = {
  readonly submission: Submission
  readonly askedAtMs: number
  readonly runs: string[]
  readings: Reading[]
}

export function createVendor(options: VendorOptions): Vendor {
  const { clock, directory } = options
  const told = new Map<number, Known>()

  /** Asks until somebody answers. */
  const insist = async (ask: () => Promise<Answer | undefined>): Promise<Answer> => {
    for (let answer = await ask(); ; answer = await ask()) {
      if (answer !== undefined) return answer
      await clock.sleep(patienceMs)
    }
  }
  const request = (method: string, path: string, rest: Readonly<Record<string, unknown>> = {}) =>
    askOnce(options, { method, path, ...rest })

  const post = async ({ submission, runs }: Known): Promise<string | undefined> => {
    const { number, ask, ttlMs, keyed } = submission
    const once = () =>
      request('POST', `/v1/agents/${agent}/runs`, {
        body: { job: ask.job, params: directory.paramsOf(ask), ttlMs },
        ...(keyed ? { key: `key-${number}` } : {}),
      })
    const answer = await (keyed ? insist(once) : once())
    if (answer === undefined) return undefined
    if (answer.status !== 202 && answer.status !== 200) throw new Error(`submit ${number}: HTTP ${answer.status}`)
    const id = String(Object(JSON.parse(answer.text)).id)
    runs.push(id)
    return id
  }

  return {
    get told() {
      return [...told.values()]
    },
    submit: async (submission) => {
      const known: Known = { submission, askedAtMs: clock.elapsedMs(), runs: [], readings: [] }
      told.set(submission.number, known)
      const [run] = await Promise.all([post(known), ...(submission.twice ? [post(known)] : [])])
      if (run !== undefined) await follow(options, run, known)
    },
    cancel: async (number) => {
      const run = told.get(number)?.runs[0]
      if (run === undefined) return
      const { status } = await insist(() => request('POST', `/v1/runs/${run}/cancel`))
      if (status !== 200) throw new Error(`cancel ${number}: HTTP ${status}`)
    },
  }
}

type Answer = { readonly status: number; readonly text: string }

/** Reads the stream to its last line; every reading goes on where the one before stopped. */
async function follow(options: VendorOptions, run: string, known: Known): Promise<void> {
  const leaves = [...known.submission.leavesAfter]
  for (let place = startOf(); ; ) {
    const lines: StreamLine[] = []
    known.readings.push({ attempt: place.attempt, from: place.from, lines })
    const mostRows = leaves.shift() ?? Number.POSITIVE_INFINITY
    await readSome(options, run, { place, mostRows, take: (line) => void lines.push(line) })
    const last = lines.at(-1)
    if (last?.type === 'done' || last?.type === 'failed') return
    place = lines.reduce(after, place)
    await options.clock.sleep(patienceMs)
  }
}

type Place = { readonly attempt: number | undefined; readonly from: number }

const startOf = (): Place => ({ attempt: undefined, from: 0 })

function after(place: Place, line: StreamLine): Place {
  if (line.type === 'attempt') return line.attempt === place.attempt ? place : { attempt: line.attempt, from: 0 }
  return line.type === 'row' ? { ...place, from: line.seq + 1 } : place
}

type Some = { readonly place: Place; readonly mostRows: number; readonly take: (line: StreamLine) => void }

async function readSome(options: VendorOptions, run: string, { place, mostRows, take }: Some): Promise<void> {
  const { attempt, from } = place
  const query = attempt === undefined ? '' : `?attempt=${attempt}&from=${from}`
  let rowCount = 0
  for await (const text of openLines(options, `/v1/runs/${run}/pages${query}`)) {
    const line = streamLine.parse(JSON.parse(text))
    take(line)
    if (line.type === 'row') rowCount += 1
    if (rowCount >= mostRows) return
  }
}
