// The state of the agent in the text format of Prometheus (version 0.0.4). Names of connections are the customer's own; nothing
// of a run is in it but how many there were.

import type { AgentStatus } from './status.ts'

type Labels = Readonly<Record<string, string>>
type Sample = { readonly labels?: Labels; readonly value: number }
type Metric = {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly samples: readonly Sample[]
}

export function metricsText(status: AgentStatus): string {
  return `${metricsOf(status).flatMap(linesOf).join('\n')}\n`
}

function metricsOf(status: AgentStatus): readonly Metric[] {
  const { version, agent, replica, session, connections, runs } = status
  const gauge = (name: string, help: string, ...samples: readonly Sample[]): Metric => ({
    ...{ name: `sallyport_${name}`, type: 'gauge', help, samples },
  })
  const counter = (name: string, help: string, ...samples: readonly Sample[]): Metric => ({
    ...{ name: `sallyport_${name}_total`, type: 'counter', help, samples },
  })
  const flag = (isTrue: boolean) => ({ value: isTrue ? 1 : 0 })
  return [
    gauge('info', 'What runs here.', { labels: { version, agent, replica }, value: 1 }),
    gauge('start_time_seconds', 'When it started.', { value: Date.parse(status.startedAt) / 1000 }),
    gauge('live', 'Whether a new process would not help.', flag(status.live)),
    gauge('ready', 'Whether it takes work.', flag(status.ready)),
    gauge('draining', 'Whether it is stopping.', flag(status.isDraining)),
    gauge('session_open', 'Whether there is a session to the control plane.', flag(session.state === 'open')),
    gauge('lead', 'Whether this replica runs the feeds.', flag(session.lead)),
    gauge('panic', 'Whether everything is denied.', flag(status.policy.isPanic)),
    gauge('journal_ok', 'Whether the journal can be written.', flag(status.journal.name === 'ok')),
    gauge('ledger_ok', 'Whether the ledger can be written.', flag(status.ledger.name === 'ok')),
    gauge('ledger_lines', 'Number of the newest line of the ledger.', { value: status.ledger.head?.seq ?? 0 }),
    gauge('runs_held', 'Runs that are worked on, or whose answers are not stored yet.', { value: runs.held }),
    counter('runs', 'Runs that were answered or refused.', ...(['done', 'failed', 'refused'] as const).map(answered)),
    counter('rows', 'Rows in answers.', { value: runs.rows }),
    counter('jumpcloud_calls', 'Requests to JumpCloud, by the status of their answer.', ...status.calls.map(called)),
    gauge('connection_usable', 'Whether a connection has a usable credential.', ...connections.map(usable)),
    gauge(
      'credential_expires_seconds',
      'When a credential ends, where that was recorded.',
      ...connections.flatMap(ends),
    ),
  ]

  function answered(answer: 'done' | 'failed' | 'refused'): Sample {
    return { labels: { answer }, value: runs[answer] }
  }
}

type Connection = AgentStatus['connections'][number]

const called = ({ connection, status, count }: AgentStatus['calls'][number]): Sample => ({
  labels: { connection, status },
  value: count,
})

const usable = ({ name, state }: Connection): Sample => ({
  labels: { connection: name, state },
  value: state === 'ready' || state === 'unproven' ? 1 : 0,
})

function ends({ name, expiresAt, writer }: Connection): readonly Sample[] {
  const sample = (connection: string, at: string | undefined) =>
    at === undefined ? [] : [{ labels: { connection }, value: Date.parse(at) / 1000 }]
  return [...sample(name, expiresAt), ...sample(`${name}.writer`, writer?.expiresAt)]
}

function linesOf({ name, type, help, samples }: Metric): readonly string[] {
  if (samples.length === 0) return []
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((sample) => `${name}${textOf(sample)}`)]
}

function textOf({ labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`)
  return `${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`
}

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
