// What the vendor read, over however many readings, is what is stored: each row of an attempt once and in order, a new attempt
// announced, and the last line the end that the run came to.

import type { StreamLine } from '../../../control-plane/runs/stream-line.ts'
import type { Evidence, KeptRun } from '../evidence.ts'
import type { Told } from '../vendor.ts'

export function checkStreams({ told, runs }: Evidence): readonly string[] {
  const byId = new Map(runs.map((run) => [run.id, run]))
  return told.flatMap((one) => {
    const run = byId.get(one.runs[0] ?? '')
    return run === undefined ? [] : checkReadings(one, run).map((why) => `stream of ${run.id}: ${why}`)
  })
}

type Reader = { attempt: number; next: number; isOver: boolean; readonly wrong: string[] }

function checkReadings({ readings }: Told, run: KeptRun): readonly string[] {
  const stored = run.pages.map((pages) => pages.flatMap(({ rows }): unknown[] => JSON.parse(rows)))
  const reader: Reader = { attempt: 0, next: 0, isOver: false, wrong: [] }
  for (const { lines } of readings) for (const line of lines) readLine({ reader, line, run, stored })
  if (!reader.isOver) reader.wrong.push('it has no last line')
  return reader.wrong
}

type ReadLine = {
  readonly reader: Reader
  readonly line: StreamLine
  readonly run: KeptRun
  /** Rows of each attempt, by its number less one. */
  readonly stored: readonly (readonly unknown[])[]
}

function readLine({ reader, line, run, stored }: ReadLine): void {
  const { wrong, attempt } = reader
  if (reader.isOver) wrong.push(`a ${line.type} comes after the last line`)
  switch (line.type) {
    case 'attempt':
      if (line.attempt < attempt) wrong.push(`attempt ${line.attempt} comes after attempt ${attempt}`)
      if (line.attempt !== attempt) Object.assign(reader, { attempt: line.attempt, next: 0 })
      return
    case 'row':
      if (line.seq !== reader.next)
        wrong.push(`row ${line.seq} of attempt ${attempt} comes where row ${reader.next} is due`)
      if (JSON.stringify(line.row) !== JSON.stringify(stored[attempt - 1]?.[line.seq])) {
        wrong.push(`row ${line.seq} of attempt ${attempt} is not the one that is stored`)
      }
      reader.next = line.seq + 1
      return
    case 'done':
      if (reader.next !== run.rowCount) wrong.push(`it ends after ${reader.next} rows, and there are ${run.rowCount}`)
      break
  }
  reader.isOver = true
  if (line.state !== run.state || line.outcome !== run.outcome) {
    wrong.push(`it ends ${line.state} (${line.outcome}), and the run is ${run.state} (${run.outcome})`)
  }
}
