// A whole installation of real processes: a JumpCloud (simulated, or the real one), a control plane, and an enrolled agent
// that reaches it through a relay that keeps every byte. Stories and the demo act on it over HTTP, as a vendor would.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ByteRelay, startByteRelay } from './byte-relay.ts'
import { type Program, runProgram, startProgram } from './program.ts'

export type Installation = AsyncDisposable & {
  /** Undefined with the real JumpCloud. */
  readonly simulator: { readonly url: string; readonly controlUrl: string; readonly key: string } | undefined
  readonly planeUrl: string
  readonly token: string
  readonly relay: ByteRelay
  readonly programs: { readonly simulator: Program | undefined; readonly plane: Program; agent: Program }
  /** Asks the HTTP interface of the control plane; the body parsed. */
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Submits a run and follows it to its end. */
  run(job: string, params: unknown): Promise<Finished>
  /** Starts the agent again with the same files, after it ended. */
  startAgent(): Promise<void>
  readonly directory: string
}

export type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> }

/** The lines of a run's stream, and what the run came to. */
export type Finished = {
  readonly id: string
  readonly state: string
  readonly outcome: string | null
  readonly error: Readonly<Record<string, unknown>> | null
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly tookMs: number
}

export type InstallationOptions = {
  /** An empty folder, which stays the caller's. */
  readonly directory: string
  readonly jumpcloud:
    | { readonly sizes: Readonly<Record<string, number>> }
    | { readonly region: string; readonly tokenFile: string }
  /** YAML of the policy; `facts` can ask the simulated JumpCloud for ids. */
  readonly policy: (facts: { get(path: string): Promise<unknown> }) => Promise<string> | string
}

const agentName = 'acme'

export async function startInstallation({ directory, jumpcloud, policy }: InstallationOptions): Promise<Installation> {
  await using stack = new AsyncDisposableStack()
  const simulator = 'sizes' in jumpcloud ? await startSimulator(stack, jumpcloud.sizes) : undefined
  const plane = await startPlane(stack, directory)
  const relay = stack.use(await startByteRelay(plane.url))
  const tokenFile = 'sizes' in jumpcloud ? join(directory, 'jumpcloud.key') : jumpcloud.tokenFile
  if (simulator !== undefined) await writeFile(tokenFile, simulator.key, { mode: 0o600 })
  const where = 'sizes' in jumpcloud ? simulatedHosts(simulator?.url ?? '') : `region: ${jumpcloud.region}`
  const files = await writeAgentFiles(directory, { planeUrl: relay.url, where, tokenFile })
  await writeFile(files.policy, await policy({ get: (path) => askSimulator(simulator, path) }))

  await must('agent/main.ts', ['enrol', '--plane', relay.url, '--code', '-', '--state', files.state], {
    input: plane.code,
  })
  const startAgent = async () => {
    const flags = ['--config', files.configuration, '--policy', files.policy, '--state', files.state]
    const agent = startProgram('agent/main.ts', { args: ['start', ...flags] })
    stack.use(agent)
    await agent.line(({ event }) => event === 'session.opened')
    programs.agent = agent
  }
  const programs = { simulator: simulator?.program, plane: plane.program, agent: plane.program }
  await startAgent()
  const ask = asker(plane)
  const owned = stack.move()
  return {
    simulator,
    planeUrl: plane.url,
    token: plane.token,
    relay,
    programs,
    ask,
    run: (job, params) => follow(plane, ask, { job, params }),
    startAgent,
    directory,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function startSimulator(stack: AsyncDisposableStack, sizes: Readonly<Record<string, number>>) {
  const args = Object.entries(sizes).flatMap(([name, size]) => [`--${name}`, String(size)])
  const program = stack.use(startProgram('test/support/jumpcloud/main.ts', { args }))
  const { url, controlUrl, key } = await program.line(({ url }) => typeof url === 'string')
  return { program, url: String(url), controlUrl: String(controlUrl), key: String(key) }
}

type Plane = { readonly program: Program; readonly url: string; readonly token: string; readonly code: string }

async function startPlane(stack: AsyncDisposableStack, directory: string): Promise<Plane> {
  const state = join(directory, 'control-plane')
  const configuration = join(directory, 'control-plane.yaml')
  await writeFile(configuration, 'listen:\n  host: 127.0.0.1\n  port: 0\n')
  const flags = ['--config', configuration, '--state', state]
  const program = stack.use(startProgram('control-plane/main.ts', { args: ['start', ...flags] }))
  const { url } = await program.line(({ event }) => event === 'plane.listening')
  const { code } = await must('control-plane/main.ts', ['code', 'create', agentName, ...flags, '--json'])
  const scopes = ['agents:read', 'runs:read', 'runs:write'].flatMap((scope) => ['--scope', scope])
  const made = await must('control-plane/main.ts', [
    'token',
    'create',
    'demo',
    ...scopes,
    '--ttl',
    '1h',
    ...flags,
    '--json',
  ])
  return { program, url: String(url), code: String(code), token: String(made.token) }
}

async function must(file: string, args: readonly string[], options: { readonly input?: string } = {}) {
  const { code, text } = await runProgram(file, { args, ...options })
  if (code !== 0) throw new Error(`${file} ${args[0]} ${args[1]} ended with ${code}:\n${text}`)
  const last = text.split('\n').findLast((line) => line.startsWith('{'))
  // Printed by the program under test as JSON; who uses a member checks it.
  return JSON.parse(last ?? '{}') as Readonly<Record<string, unknown>>
}

function simulatedHosts(url: string): string {
  return `baseUrls: { console: ${url}, api: ${url}, oauth: ${url} }`
}

async function writeAgentFiles(
  directory: string,
  { planeUrl, where, tokenFile }: { planeUrl: string; where: string; tokenFile: string },
) {
  const configuration = join(directory, 'agent.yaml')
  const state = join(directory, 'agent')
  await mkdir(state, { recursive: true, mode: 0o700 })
  const text = `plane: { url: ${planeUrl} }\nconnections:\n  main:\n    ${where}\n    credential: { file: ${JSON.stringify(tokenFile)} }\n`
  await writeFile(configuration, text)
  return { configuration, state, policy: join(directory, 'policy.yaml') }
}

async function askSimulator(simulator: { url: string; key: string } | undefined, path: string): Promise<unknown> {
  if (simulator === undefined) throw new Error('there is no simulator to ask')
  const answer = await fetch(`${simulator.url}${path}`, { headers: { 'x-api-key': simulator.key } })
  return await answer.json()
}

function asker({ url, token }: Plane): Installation['ask'] {
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text) }
  }
}

async function follow(
  plane: Plane,
  ask: Installation['ask'],
  asked: { job: string; params: unknown },
): Promise<Finished> {
  const startedAt = performance.now()
  const submitted = await ask('POST', `/v1/agents/${agentName}/runs`, { connection: 'main', ...asked })
  if (submitted.status !== 202)
    throw new Error(`submit ${asked.job}: HTTP ${submitted.status} ${JSON.stringify(submitted.body)}`)
  const id = String(submitted.body.id)
  const stream = await fetch(`${plane.url}/v1/runs/${id}/pages`, {
    headers: { authorization: `Bearer ${plane.token}` },
  })
  const lines = (await stream.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const tookMs = performance.now() - startedAt
  const rows = lines.filter(({ type }) => type === 'row').map(({ row }) => row)
  const { body } = await ask('GET', `/v1/runs/${id}`)
  const { state, outcome, error } = body as Pick<Finished, 'state' | 'outcome' | 'error'> // as the interface documents
  return { id, state, outcome, error, rows, tookMs }
}
