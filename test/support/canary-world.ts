// An agent as a process whose every secret is a canary, between proxies and relays that keep all that passes. It looks for the
// canaries in each place that anything can get to.

import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type ByteRelay, startByteRelay } from './byte-relay.ts'
import { plantCanaries } from './canary-sources.ts'
import { type ConnectProxy, startConnectProxy } from './connect-proxy.ts'
import { fileTexts } from './file-texts.ts'
import { type JumpCloud, startJumpCloud } from './jumpcloud/start.ts'
import { findTraces } from './key-traces.ts'
import { createPlaneCaller, type PlaneCaller } from './plane-caller.ts'
import { type PlaneProgram, startPlaneProgram } from './plane-program.ts'
import { type Program, runProgram, startProgram } from './program.ts'
import { selfSigned } from './self-signed.ts'
import { startTlsFront, type TlsFront } from './tls-front.ts'

const [file, agent] = ['agent/main.ts', 'acme']

export type CanaryWorld = AsyncDisposable & {
  /** The secrets by what they are; that of the token once the agent has shown it to JumpCloud. */
  readonly canaries: Readonly<Record<string, string>>
  readonly jumpcloud: JumpCloud
  readonly program: Program
  readonly run: PlaneCaller['run']
  /** A file of the host. */
  at(name: string): string
  /** `sallyport …` on this host. */
  command(words: readonly string[], input?: string): Promise<unknown>
  /** Puts another key into the shared mount, which the agent watches. */
  mount(key: string): Promise<void>
  /** All that was said, sent and written so far, by where. Of the host's files those that hold the secrets are left out. */
  places(): Promise<Readonly<Record<string, string>>>
}

/** `requester` is the name of the token by which runs are submitted. */
export async function startCanaryWorld(requester: string): Promise<CanaryWorld> {
  await using stack = new AsyncDisposableStack()
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-canary-'))).path
  const jumpcloud = stack.use(await startJumpCloud({ users: 20, groups: 6, membersPerGroup: 3, events: 5 }))
  const plane = stack.use(await startPlaneProgram({ directory, agent, logLevel: 'debug' }))
  const ways = { plane: await startWay(plane.url, stack), jumpcloud: await startWay(jumpcloud.url, stack) }
  const sources = await plantCanaries(join(directory, 'sources'), jumpcloud)
  const flags = await writeFiles(directory, ways, { ...sources, jumpcloud })
  const { environment } = sources
  const { said, command } = createCommands(flags, environment)
  const { code } = await plane.command('code', 'create', agent)
  await command(['enrol', '--plane', ways.plane.front.url, '--code', '-'], `${code}\n`)
  const scopes = ['--scope', 'runs:read,runs:write']
  const { token } = await plane.command('token', 'create', requester, ...scopes, '--ttl', '1h')
  const program = stack.use(startProgram(file, { args: ['start', ...flags], environment }))
  await program.line(({ event }) => event === 'session.opened')
  const own = { 'key of the replica': await replicaKeyIn(join(directory, 'state')) }
  const all = stack.move()

  return {
    get canaries() {
      const [, token = ''] = /authorization: Bearer (\S+)/.exec(sentBy(ways.jumpcloud)) ?? []
      const [, , secret = ''] = String(code).split('.')
      return { ...sources.canaries, 'access token of the service account': token, 'one-time code': secret, ...own }
    },
    ...{ jumpcloud, program },
    at: (name) => join(directory, name),
    run: createPlaneCaller({ url: plane.url, token: String(token), agent }).run,
    command,
    mount: (key) => writeFile(join(directory, 'sources', 'mount'), key),
    places: () => readPlaces({ directory, ways, program, plane, said, childNote: sources.childNote }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function createCommands(flags: readonly string[], environment: Readonly<Record<string, string>>) {
  const said: string[] = []
  const command = async (words: readonly string[], input = '') => {
    const ended = await runProgram(file, { args: [...words, ...flags], environment, input })
    said.push(ended.text)
    return ended
  }
  return { said, command }
}

async function replicaKeyIn(state: string): Promise<string> {
  const identity = z.object({ key: z.object({ d: z.string() }) })
  return identity.parse(JSON.parse(await readFile(join(state, 'identity.json'), 'utf8'))).key.d
}

type Heard = {
  readonly directory: string
  readonly ways: Readonly<Record<'plane' | 'jumpcloud', Way>>
  readonly program: Program
  readonly plane: PlaneProgram
  /** By commands. */
  readonly said: readonly string[]
  readonly childNote: string
}

async function readPlaces({ directory, ways, program, plane, said, childNote }: Heard) {
  const isIn = (folder: string, path: string) => path.startsWith(`${join(directory, folder)}/`)
  const ofProcess = (name: string) => readFile(`/proc/${program.pid}/${name}`, 'utf8')
  return {
    'the way to the control plane': ways.plane.relay.readable(),
    'the way to JumpCloud': sentBy(ways.jumpcloud),
    'the proxy to the control plane': ways.plane.proxy.asked.join('\n'),
    'the proxy to JumpCloud': ways.jumpcloud.proxy.asked.join('\n'),
    'output of the agent': program.lines.join('\n'),
    'output of commands': said.join('\n'),
    'output of the control plane': plane.lines().join('\n'),
    'files of the agent': await fileTexts(directory, (path) => isIn('sources', path) || isIn('control-plane', path)),
    'files of the control plane': await fileTexts(join(directory, 'control-plane')),
    'environment of the agent': await ofProcess('environ'),
    'arguments of the agent': await ofProcess('cmdline'),
    'environment and arguments of its child': await readFile(childNote, 'utf8'),
  }
}

/** The names of the places where the text is, in any form. */
export function placesOf(text: string, places: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(places).flatMap(([place, held]) => (findTraces(held, text).length > 0 ? [place] : []))
}

type Way = { readonly proxy: ConnectProxy; readonly front: TlsFront; readonly relay: ByteRelay }

/** A proxy, TLS, and behind it a relay that sees all in clear text. */
async function startWay(url: string, stack: AsyncDisposableStack): Promise<Way> {
  const relay = stack.use(await startByteRelay(url))
  const front = stack.use(await startTlsFront(relay.url, selfSigned))
  return { relay, front, proxy: stack.use(await startConnectProxy()) }
}

/** What is answered there may hold what a test planted. */
const sentBy = ({ relay }: Way) => relay.sent.fromAgent.map((bytes) => bytes.toString('latin1')).join('\n')

type Written = Pick<Awaited<ReturnType<typeof plantCanaries>>, 'connections' | 'passwords'> & {
  readonly jumpcloud: JumpCloud
}

const jobs = ['org.get', 'users.list', 'users.get', 'groups.list', 'groups.get', 'events.pull', 'groups.members.add']

async function writeFiles(directory: string, ways: Readonly<Record<'plane' | 'jumpcloud', Way>>, written: Written) {
  const { connections, passwords, jumpcloud } = written
  const at = (name: string) => join(directory, name)
  await writeFile(at('ca.pem'), selfSigned.cert)
  const leg = (way: 'plane' | 'jumpcloud') => ({
    ca: at('ca.pem'),
    proxy: { url: `http://127.0.0.1:${ways[way].proxy.port}`, username: 'agent', password: passwords[way] },
  })
  const { url } = ways.jumpcloud.front
  const common = { baseUrls: { console: url, api: url, oauth: url }, ...leg('jumpcloud') }
  const names = Object.keys(connections)
  const configuration = {
    plane: { url: ways.plane.front.url, ...leg('plane') },
    log: { level: 'debug' },
    connections: Object.fromEntries(names.map((name) => [name, { ...common, ...connections[name] }])),
  }
  const groups = { allow: jumpcloud.tenant.groups.all.slice(1).map(({ id }) => id) }
  const rules = { allow: jobs, groups }
  const policy = { version: 1, connections: Object.fromEntries(names.map((name) => [name, rules])) }
  await writeFile(at('config.yaml'), JSON.stringify(configuration, null, 1))
  await writeFile(at('policy.yaml'), JSON.stringify(policy, null, 1))
  return ['--config', at('config.yaml'), '--policy', at('policy.yaml'), '--state', at('state')]
}
