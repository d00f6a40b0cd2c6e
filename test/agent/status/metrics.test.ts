import { expect, test } from 'vitest'
import { createCounter } from '../../../agent/status/counts.ts'
import { metricsText } from '../../../agent/status/metrics.ts'
import { type AgentFacts, statusOf } from '../../../agent/status/status.ts'

const startedAt = '2026-03-04T05:06:07.000Z'
const facts: AgentFacts = {
  ...{ version: '1.2.3', agent: 'acme', replica: 're_1', instance: 'i_1', startedAt, isDraining: false },
  session: { state: 'open', plane: 'https://plane.example', id: 'se_1', since: startedAt, lead: true, epoch: 1 },
  policy: { digest: null, jobs: [], isPanic: false, flaw: null },
  connections: [{ name: 'main', state: 'ready', expiresAt: '2026-03-10T00:00:00.000Z' }],
  journal: { name: 'ok', message: 'the journal is written' },
  ledger: { name: 'ok', message: 'the ledger is written', head: { seq: 7, hash: 'a'.repeat(64) } },
  runs: { held: 2, done: 5, failed: 3, refused: 1, rows: 40 },
  calls: [
    { connection: 'main', status: '200', count: 12 },
    { connection: 'main', status: 'none', count: 1 },
  ],
}

type Sample = { readonly name: string; readonly labels: string; readonly value: number }
type Family = { readonly name: string; readonly type: string; readonly samples: readonly Sample[] }

const sampleLine =
  /^(?<name>[a-z][a-z0-9_]*)(?:\{(?<labels>[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*)\})? (?<value>-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/

/** By the text format of Prometheus 0.0.4, and stricter: HELP, TYPE, and then the samples of that one metric. Throws at the first other line. */
function familiesIn(text: string): readonly Family[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  return text
    .slice(0, -1)
    .split(/\n(?=# HELP )/)
    .map((block) => {
      const [help = '', typeLine = '', ...lines] = block.split('\n')
      const [, name = ''] = /^# HELP ([a-z][a-z0-9_]*) \S[^\\]*$/.exec(help) ?? []
      const [, typed, type = ''] = /^# TYPE (\S+) (counter|gauge)$/.exec(typeLine) ?? []
      const samples = lines.map((line) => {
        const { groups } = sampleLine.exec(line) ?? {}
        if (groups?.name !== name) throw new Error(`no sample of ${name}: ${line}`)
        return { name, labels: groups.labels ?? '', value: Number(groups.value) }
      })
      if (name === '' || typed !== name || samples.length === 0) throw new Error(`no metric: ${block}`)
      return { name, type, samples }
    })
}

const read = (change: Partial<AgentFacts> = {}) => familiesIn(metricsText(statusOf({ ...facts, ...change })))

test('is the text format of Prometheus, each metric once and each series once', () => {
  const families = read()

  const series = families.flatMap(({ samples }) => samples.map(({ name, labels }) => `${name}{${labels}}`))
  expect(new Set(series).size).toBe(series.length)
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length)
})

test('names are by its conventions: the program first, a count at the end, whole units', () => {
  for (const { name, type } of read()) {
    expect(name).toMatch(/^sallyport_/)
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|mb|kb|percent)(_|$)/)
  }
})

test('says the numbers of the status', () => {
  const values = Object.fromEntries(
    read().flatMap(({ samples }) => samples.map(({ name, labels, value }) => [`${name}{${labels}}`, value])),
  )

  expect(values).toMatchObject({
    'sallyport_ready{}': 1,
    'sallyport_start_time_seconds{}': Date.parse(startedAt) / 1000,
    'sallyport_runs_held{}': 2,
    'sallyport_ledger_lines{}': 7,
    'sallyport_runs_total{answer="failed"}': 3,
    'sallyport_rows_total{}': 40,
    'sallyport_jumpcloud_calls_total{connection="main",status="none"}': 1,
    'sallyport_connection_usable{connection="main",state="ready"}': 1,
  })
})

test('stays valid whatever a name holds, and leaves out a metric that has no series', () => {
  const names = ['quo"te', 'back\\slash', 'line\nfeed', 'br}ace ,a="b"', '\\"']
  const connections = names.map((name) => ({ name, state: 'ready' as const }))

  const families = read({ connections, calls: [] })

  const usable = families.find(({ name }) => name === 'sallyport_connection_usable')
  expect(usable?.samples).toHaveLength(names.length)
  expect(families.map(({ name }) => name)).not.toContain('sallyport_jumpcloud_calls_total')
})

test('has no series more for runs, jobs, connections and requesters that a control plane makes up', () => {
  const counter = createCounter()
  for (let nth = 0; nth < 100; nth += 1) {
    const said = { job: `job.${nth}`, connection: `c${nth}`, requester: `r${nth}`, digest: 'd', code: `code_${nth}` }
    counter.take({ kind: 'run.refused', run: `ru_${nth}`, attempt: nth, ...said, rule: `rule ${nth}` })
  }
  const { runs, calls } = counter.counts()

  const families = read({ runs: { held: 0, ...runs }, calls })

  const answered = families.find(({ name }) => name === 'sallyport_runs_total')
  expect(answered?.samples.map(({ labels, value }) => [labels, value])).toEqual([
    ['answer="done"', 0],
    ['answer="failed"', 0],
    ['answer="refused"', 100],
  ])
  expect(JSON.stringify(families)).not.toMatch(/job\.|ru_|code_|c99/)
})
