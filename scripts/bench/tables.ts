// The figures as Markdown tables, aligned so that a terminal can show them too.

import type { CaseFigures, Results } from './results.ts'
import { judge } from './targets.ts'

export function figuresTable({ cases }: Results): string {
  const head = ['work', 'upstream', 'in flight', 'who', 'p50 ms', 'p99 ms', 'per s', 'CPU near µs', 'CPU far µs']
  const rows = cases.map((one) => [
    one.work,
    `${one.upstreamMs} ms`,
    String(one.inFlight),
    one.contestant,
    figure(one.p50Ms),
    figure(one.p99Ms),
    figure(one.perSecond),
    nearCpu(one),
    figure(one.farCpuUs),
  ])
  return table(head, rows)
}

export function processesTable({ processes }: Results): string {
  const head = ['who', 'start to first answer ms', 'idle near MiB', 'peak near MiB', 'idle far MiB', 'peak far MiB']
  const rows = processes.map(({ contestant, firstAnswerMs, nearIdleMiB, nearPeakMiB, farIdleMiB, farPeakMiB }) => {
    return [contestant, ...[firstAnswerMs, nearIdleMiB, nearPeakMiB, farIdleMiB, farPeakMiB].map(figure)]
  })
  return table(head, rows)
}

export function serviceTable({ service }: Results): string {
  if (typeof service === 'string') return `The installed service was not measured: ${service}.`
  return table(
    ['installed', 'start to session ms', 'idle MiB'],
    [['service', figure(service.sessionMs), figure(service.idleMiB)]],
  )
}

export function targetsTable(results: Results): string {
  const head = ['target', 'Sallyport', 'compared with', 'ratio', 'to reach', '', 'strict relay']
  const rows = judge(results).map(({ what, found, other, strict, judged, limit, bound, met }) => {
    const ratio = other === undefined ? '' : judged.toFixed(2)
    const sign = bound === 'at most' ? '≤' : '≥'
    const others = [other === undefined ? '' : figure(other), ratio, `${sign} ${limit}`, verdict(met)]
    return [what, figure(found), ...others, strict === undefined ? '' : strict.toFixed(2)]
  })
  return table(head, rows)
}

export function guardTable({ guard }: Results): string {
  const head = ['leak guard', 'needles', 'search µs', 'parse µs', 'ratio']
  const rows = guard.map(({ needleCount, pageBytes, searchUs, parseUs }) => {
    const ratio = (searchUs / parseUs).toFixed(2)
    return [
      `a page of ${Math.round(pageBytes / 1000)} kB`,
      String(needleCount),
      figure(searchUs),
      figure(parseUs),
      ratio,
    ]
  })
  return table(head, rows)
}

const verdict = (met: boolean) => (met ? 'met' : '**not met**')

const nearCpu = ({ contestant, nearCpuUs }: CaseFigures) => (contestant === 'direct' ? '' : figure(nearCpuUs))

/** Three digits that mean something. */
function figure(value: number): string {
  if (Number.isNaN(value)) return '–'
  return value >= 100 ? String(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** The first column reads from the left, figures stand at the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0), 3))
  const isText = (column: number) => rows.some((row) => /^[a-z]/i.test(row[column] ?? ''))
  const cells = (row: readonly string[]) =>
    widths.map((width, column) => {
      const cell = row[column] ?? ''
      return isText(column) ? cell.padEnd(width) : cell.padStart(width)
    })
  const line = (row: readonly string[]) => `| ${cells(row).join(' | ')} |`
  const rule = widths.map((width, column) => (isText(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}
