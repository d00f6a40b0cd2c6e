// A control plane as a process of its own: its files, its command line beside it, and a token to call it with.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPlaneCaller, type PlaneCaller, type Row } from './plane-caller.ts'
import { type Program, type ProgramOptions, runProgram, startProgram } from './program.ts'

const file = 'control-plane/main.ts'

export type PlaneProgram = AsyncDisposable & {
  /** Stays the same over restarts. */
  readonly url: string
  readonly token: string
  readonly state: string
  readonly program: Program
  readonly caller: PlaneCaller
  /** Every line of every process so far. */
  lines(): readonly string[]
  /** `sallyport-control …` on the same state; what it printed as JSON. Throws where it ends otherwise than with 0. */
  command(...args: readonly string[]): Promise<Row>
  /** Ends the process by SIGTERM; its exit code. */
  stop(): Promise<number | NodeJS.Signals>
  start(): Promise<void>
}

export type PlaneProgramOptions = {
  readonly directory: string
  readonly agent: string
  readonly logLevel?: string
} & Pick<ProgramOptions, 'under'>

export async function startPlaneProgram({ directory, agent, logLevel = 'info', under = [] }: PlaneProgramOptions) {
  const state = join(directory, 'control-plane')
  const configuration = join(directory, 'control-plane.yaml')
  const flags = ['--config', configuration, '--state', state, '--json']
  const programs: Program[] = []
  const start = async (port: string) => {
    await writeFile(configuration, `listen: { host: 127.0.0.1, port: ${port} }\nlog: { level: ${logLevel} }\n`)
    const program = startProgram(file, { args: ['start', ...flags], under })
    programs.push(program)
    const { url } = await program.line(({ event }) => event === 'plane.listening')
    return String(url)
  }
  const url = await start('0')
  const command = async (...args: readonly string[]) => {
    const { code, text } = await runProgram(file, { args: [...args, ...flags] })
    if (code !== 0) throw new Error(`sallyport-control ${args.join(' ')} ended with ${code}:\n${text}`)
    return JSON.parse(text.split('\n').findLast((line) => line.startsWith('{')) ?? '{}')
  }
  const scopes = ['agents:read', 'agents:write', 'runs:read', 'runs:write'].flatMap((scope) => ['--scope', scope])
  const { token } = await command('token', 'create', 'vendor', ...scopes, '--ttl', '1h')
  const current = () => programs.at(-1) ?? unstarted()

  return {
    url,
    token: String(token),
    state,
    get program() {
      return current()
    },
    caller: createPlaneCaller({ url, token: String(token), agent }),
    lines: () => programs.flatMap(({ lines }) => lines),
    command,
    stop: () => {
      current().signal('SIGTERM')
      return current().ended
    },
    start: async () => void (await start(new URL(url).port)),
    [Symbol.asyncDispose]: async () => {
      for (const program of programs) await program[Symbol.asyncDispose]()
    },
  } satisfies PlaneProgram
}

function unstarted(): never {
  throw new Error('the control plane was not started')
}
