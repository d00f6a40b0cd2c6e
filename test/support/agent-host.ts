// A host with an agent on it, as processes: its files, its enrolment, and the agent that runs there now.

import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Program, type ProgramOptions, runProgram, startProgram } from './program.ts'

const file = 'agent/main.ts'

export type AgentHost = AsyncDisposable & {
  readonly directory: string
  /** The agent that was started last. */
  readonly program: Program
  /** Every line of every process so far. */
  lines(): readonly string[]
  /** `sallyport …` with the files of this host. */
  command(...args: readonly string[]): Promise<{ readonly code: number | NodeJS.Signals; readonly text: string }>
  /** Throws where the code is not taken. */
  enrol(code: string): Promise<void>
  /** Starts an agent with these files; resolves when it has said what it waits for, by default that its session is open. */
  start(event?: string, options?: Pick<ProgramOptions, 'under' | 'environment'>): Promise<void>
  /** Ends the agent by SIGTERM; its exit code. */
  stop(): Promise<number | NodeJS.Signals>
  /** Ends the agent by SIGKILL: it gets no word in. */
  kill(): Promise<void>
}

export type AgentHostOptions = {
  readonly directory: string
  readonly planeUrl: string
  /** Of the leg to it, in YAML: `ca: …, proxy: …`. */
  readonly planeWay?: string
  /** Of the connection `main`, in YAML: `region: us` or `baseUrls: {…}`. */
  readonly where: string
  readonly tokenFile: string
  /** Where its credential comes from, in YAML. Default: that file. */
  readonly credential?: string
  readonly policy: string
  readonly logLevel?: string
  /** Another host whose state directory is copied: a cloned machine. */
  readonly cloneOf?: AgentHost
}

export async function setUpAgentHost(options: AgentHostOptions): Promise<AgentHost> {
  const { directory, planeUrl, cloneOf } = options
  const state = join(directory, 'state')
  await mkdir(state, { recursive: true, mode: 0o700 })
  if (cloneOf !== undefined) await cp(join(cloneOf.directory, 'state'), state, { recursive: true, filter: isCopied })
  const flags = await writeFiles(options, state)
  const programs: Program[] = []
  const current = () => programs.at(-1) ?? unstarted(directory)
  const command: AgentHost['command'] = (...args) => runProgram(file, { args: [...args, ...flags] })

  return {
    directory,
    get program() {
      return current()
    },
    lines: () => programs.flatMap(({ lines }) => lines),
    command,
    enrol: async (code) => {
      const args = ['enrol', '--plane', planeUrl, '--code', '-', ...flags]
      const ended = await runProgram(file, { args, input: `${code}\n` })
      if (ended.code !== 0) throw new Error(`sallyport enrol ended with ${ended.code}:\n${ended.text}`)
    },
    start: async (event = 'session.opened', options = {}) => {
      const program = startProgram(file, { args: ['start', ...flags], ...options })
      programs.push(program)
      await program.line((line) => line.event === event)
    },
    stop: () => {
      current().signal('SIGTERM')
      return current().ended
    },
    kill: async () => {
      current().signal('SIGKILL')
      await current().ended
    },
    [Symbol.asyncDispose]: async () => {
      for (const program of programs) await program[Symbol.asyncDispose]()
    },
  }
}

/** A socket is of the process that listens at it. */
const isCopied = (path: string) => !path.endsWith('.sock')

async function writeFiles(options: AgentHostOptions, state: string): Promise<readonly string[]> {
  const { directory, planeUrl, planeWay = '', where, tokenFile, policy, logLevel = 'debug' } = options
  const { credential = `{ file: ${JSON.stringify(tokenFile)} }` } = options
  const configuration = join(directory, 'config.yaml')
  const policyFile = join(directory, 'policy.yaml')
  const lines = [
    `plane: { url: ${planeUrl}, ${planeWay} }`,
    `log: { level: ${logLevel} }`,
    'connections:',
    `  main: { ${where}, credential: ${credential} }`,
    '',
  ]
  await writeFile(configuration, lines.join('\n'))
  await writeFile(policyFile, policy)
  return ['--config', configuration, '--policy', policyFile, '--state', state]
}

function unstarted(directory: string): never {
  throw new Error(`no agent was started in ${directory}`)
}
