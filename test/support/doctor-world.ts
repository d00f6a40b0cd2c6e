// A host in a folder of its own that is well: configured, enrolled at a real control plane, with a simulated JumpCloud. A test
// breaks one thing and asks doctor what it is. No agent runs here but for what a test lets answer in its place.

import { chmod, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { groundOf } from '../../agent/cli/doctor.ts'
import { run } from '../../agent/cli/run.ts'
import { diagnose } from '../../agent/doctor/diagnose.ts'
import type { Finding, Report } from '../../agent/doctor/examine.ts'
import type { Ground } from '../../agent/doctor/ground.ts'
import { type IdentityFile, openIdentityFile } from '../../agent/identity/identity.ts'
import { systemClock } from '../../agent/ports/clock.ts'
import { type Surroundings, systemSurroundings } from '../../agent/ports/surroundings.ts'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'
import { commandHost } from './command-host.ts'
import { startControlPlane, type TestControlPlane } from './control-plane.ts'
import { fileTexts } from './file-texts.ts'
import { type JumpCloud, startJumpCloud } from './jumpcloud/start.ts'

type Members = Readonly<Record<string, unknown>>

export type Asking = {
  readonly environment?: Readonly<Record<string, string>>
  readonly surroundings?: Partial<Surroundings>
  readonly ground?: Partial<Ground>
  readonly isOffline?: boolean
  readonly checkMs?: number
  readonly totalMs?: number
}

export type DoctorWorld = AsyncDisposable & {
  readonly plane: TestControlPlane
  readonly jumpcloud: JumpCloud
  readonly identityFile: IdentityFile
  /** A file of the host; those of the agent lie in `state/`. */
  at(name: string): string
  /** Members over those of the plane and of the connection `main`. */
  configure(change: { readonly plane?: Members; readonly main?: Members }): Promise<void>
  allow(...jobs: readonly string[]): Promise<void>
  readonly flags: readonly string[]
  diagnose(asking?: Asking): Promise<Report>
  /** Every file of the state directory. */
  stateTexts(): Promise<string>
}

export async function openDoctorWorld({ organizations = 1 } = {}): Promise<DoctorWorld> {
  await using stack = new AsyncDisposableStack()
  const plane = stack.use(await startControlPlane())
  const jumpcloud = stack.use(await startJumpCloud({ users: 1, groups: 1, events: 0, organizations }))
  const folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-doctor-'))
  stack.defer(() => folder.remove())
  const at = (name: string) => join(folder.path, name)
  await mkdir(at('state'), { mode: 0o700 })
  await writeFile(at('key'), jumpcloud.keys.administrator, { mode: 0o600 })
  const { url } = jumpcloud
  const main = { baseUrls: { console: url, api: url, oauth: url }, credential: { file: at('key') } }
  const configure: DoctorWorld['configure'] = (change) => {
    const written = {
      plane: { url: plane.url, ...change.plane },
      connections: { main: { ...main, ...change.main } },
    }
    return writeFile(at('config.yaml'), JSON.stringify(written))
  }
  await configure({})
  const policy = (jobs: readonly string[]) => JSON.stringify({ version: 1, connections: { main: { allow: jobs } } })
  await writeFile(at('policy.yaml'), policy(['org.get', 'users.list']))
  const flags = ['--config', at('config.yaml'), '--policy', at('policy.yaml'), '--state', at('state')]
  await enrol(plane, flags)
  const paths = { config: at('config.yaml'), policy: at('policy.yaml'), state: at('state') }
  const owned = stack.move()
  return {
    ...{ plane, jumpcloud, at, configure, flags },
    identityFile: openIdentityFile(at('state')),
    allow: (...jobs) => writeFile(at('policy.yaml'), policy(jobs)),
    diagnose: async ({ environment = {}, surroundings = {}, ground = {}, isOffline = false, ...times } = {}) => {
      const host = commandHost({ environment, guard: createLeakGuard() })
      const seen = { surroundings: { ...systemSurroundings, see: seeUncontained, ...surroundings } }
      const clock = { ...systemClock, now: plane.clock.now }
      return await diagnose({ ...groundOf(paths, host, seen), clock, ...ground }, { isOffline, ...times })
    },
    stateTexts: async () => JSON.stringify(await fileTexts(at('state'))),
    [Symbol.asyncDispose]: async () => {
      await chmod(at('state'), 0o700).catch(() => {})
      await owned.disposeAsync()
    },
  }
}

/** The machine that this runs on may be a container itself. */
const seeUncontained: Surroundings['see'] = async (path) =>
  /containerenv$|dockerenv$/.test(path) ? undefined : await systemSurroundings.see(path)

async function enrol(plane: TestControlPlane, flags: readonly string[]): Promise<void> {
  const { text } = await plane.plane.administration.createCode('test', 'acme')
  const said: string[] = []
  const host = commandHost({ complain: (line) => void said.push(line) })
  const code = await run(['node', 'sallyport', 'enrol', '--plane', plane.url, '--code', text, ...flags], host)
  if (code !== 0) throw new Error(`enrol ended with ${code}: ${said.join('\n')}`)
}

/** What doctor says of one thing. */
export function findingOf({ checks }: Report, name: string): Finding {
  const found = checks.find((one) => one.name === name)
  if (found !== undefined) return found
  throw new Error(`doctor says nothing of ${name}: ${checks.map((one) => one.name).join(' ')}`)
}

/** Breaks one thing; what it returns is how doctor is asked then. */
export type Break = (world: DoctorWorld) => Promise<Asking | undefined>

/** The first finding that failed. Throws where doctor changed a file, or told the key. */
export async function causeOf(breaking: Break, options: { readonly organizations?: number } = {}) {
  await using world = await openDoctorWorld(options)
  const asking = await breaking(world)
  const texts = () => world.stateTexts().catch(() => 'none')
  const before = await texts()
  const report = await world.diagnose(asking)
  if ((await texts()) !== before) throw new Error('doctor changed the state directory')
  if (JSON.stringify(report).includes(world.jumpcloud.keys.administrator)) throw new Error('doctor told the key')
  return { report, first: findingOf(report, report.failed[0] ?? 'nothing that failed') }
}
