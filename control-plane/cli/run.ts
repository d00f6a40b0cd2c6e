// sallyport-control run: submits one run over HTTP and prints its rows, one JSON object a line.

import { readFile } from 'node:fs/promises'
import { SallyportError } from '@sallyport/protocol'
import type { Command } from 'commander'
import { createHttpTransport } from '../client/http-transport.ts'
import { JobRun } from '../client/job-run.ts'
import { parseDuration } from './duration.ts'
import { jsonLine } from './json-line.ts'
import { type Flags, readSettings } from './settings.ts'
import type { Terminal } from './terminal.ts'

type Options = Flags & {
  readonly url?: string
  readonly tokenFile?: string
  readonly connection: string
  readonly ttl?: number
  readonly idempotencyKey?: string
  readonly approval?: string
}

export function addRun(program: Command, terminal: Terminal): void {
  program
    .command('run')
    .description('run a job at an agent and print its rows')
    .argument('<agent>', 'name of the agent')
    .argument('<job>', 'name of the job, such as groups.list')
    .argument('[params]', 'JSON object', '{}')
    .option('--url <url>', 'of the control plane; without it, where this configuration listens')
    .option('--token-file <file>', 'file with the API token; without it, SALLYPORT_CONTROL_TOKEN is read')
    .option('--connection <name>', 'JumpCloud organisation at the agent', 'main')
    .option('--ttl <duration>', 'how long it may wait to be started, such as 5m', parseDuration)
    .option('--idempotency-key <key>', 'the same key with the same content is one run')
    .option('--approval <jws>', "the customer's word for this run, where their policy asks for it")
    .action((agent: string, job: string, params: string, _: object, command: Command) =>
      run({ agent, job, params: parseParams(params) }, command.optsWithGlobals<Options>(), terminal),
    )
}

type Asked = { readonly agent: string; readonly job: string; readonly params: unknown }

async function run(asked: Asked, options: Options, terminal: Terminal): Promise<void> {
  const { connection, ttl: ttlMs, idempotencyKey, approval } = options
  const transport = createHttpTransport({
    url: options.url === undefined ? await defaultUrl(options, terminal) : checkedUrl(options.url),
    token: await readToken(options, terminal),
  })
  const id = transport.submit({ ...asked, connection, ttlMs, idempotencyKey, approval })
  const jobRun = new JobRun<unknown>({ transport, id, signal: terminal.stop })
  for await (const row of jobRun) terminal.out(jsonLine(row))
  const { rowCount, outcome } = await jobRun.done
  const done = { run: await id, state: 'done', rowCount, outcome }
  // Rows alone are on standard output; with --json the end is a line too, to be told by its `state`.
  if (options.json === true) terminal.out(jsonLine(done))
  else terminal.err(`Run ${done.run} is done: ${rowCount} rows${outcome === null ? '' : `, ${outcome}`}.\n`)
}

async function defaultUrl(flags: Flags, terminal: Terminal): Promise<string> {
  const { listen, tls } = await readSettings(flags, terminal)
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  return `${tls === undefined ? 'http' : 'https'}://${host}:${listen.port}`
}

async function readToken({ tokenFile }: Options, { env }: Terminal): Promise<string> {
  if (tokenFile === undefined) {
    if (env.SALLYPORT_CONTROL_TOKEN) return checkedToken(env.SALLYPORT_CONTROL_TOKEN, 'SALLYPORT_CONTROL_TOKEN')
    throw new SallyportError('token_missing', 'run: no API token. Set SALLYPORT_CONTROL_TOKEN or name a --token-file.')
  }
  const text = await readFile(tokenFile, 'utf8').catch((cause: unknown) => {
    throw new SallyportError('token_missing', `run: the token file ${tokenFile} cannot be read.`, { cause })
  })
  return checkedToken(text, `the token file ${tokenFile}`)
}

/** What is no token at all is told before it is sent anywhere. */
function checkedToken(text: string, where: string): string {
  const token = text.trim()
  if (/^spt_[\w-]+$/.test(token)) return token
  const message = `run: ${where} holds no API token. One begins with spt_ and stands alone; "token create" prints it.`
  throw new SallyportError('token_missing', message)
}

function checkedUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text
  throw new SallyportError('request_invalid', 'read --url: this must be a URL such as https://control.example.com')
}

function parseParams(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SallyportError('params_invalid', 'run: the params are not JSON. Write an object, such as \'{"id":"…"}\'.')
  }
}
