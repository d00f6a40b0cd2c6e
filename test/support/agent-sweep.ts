// Where an agent is killed: one control plane and one simulated JumpCloud for all, and for each try an agent, a host and a group
// of its own. The mortal agent runs as a process; the one that goes on after it runs here.

import { mkdir, mkdtempDisposable, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { build } from 'esbuild'
import { enrol } from '../../agent/enrolment/enrol.ts'
import { openIdentityFile } from '../../agent/identity/identity.ts'
import { journalPaths } from '../../agent/journal/journal-paths.ts'
import { resumeJournal } from '../../agent/journal/lost-journal.ts'
import { systemRandom } from '../../agent/ports/random.ts'
import { type JumpCloud, startJumpCloud } from './jumpcloud/start.ts'
import { type MortalSettings, mortalFiles, startMortalAgent } from './mortal-agent.ts'
import { startMortalPlane } from './mortal-plane.ts'
import { createPlaneCaller, type PlaneCaller } from './plane-caller.ts'
import { type Program, startProgram } from './program.ts'
import { type PushedClock, pushMs } from './pushed-clock.ts'
import { until } from './until.ts'

const root = join(import.meta.dirname, '../..')
const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

export type SweepHost = AsyncDisposable & {
  readonly jumpcloud: JumpCloud
  readonly caller: PlaneCaller
  readonly groupId: string
  /** Another one, without members; runs may read it too. */
  readonly emptyGroupId: string
  /** What JumpCloud recorded of the group, or of the other. */
  readonly posts: (groupId?: string) => number
  readonly mutations: (groupId?: string) => JumpCloud['mutations']
  /** Where its journal lies. */
  readonly journal: string
  /** The journals that were set aside, and the mark of a loss. */
  losses(): Promise<readonly string[]>
  /** Whether it has a session, with a journal that it can write. */
  isReady(): Promise<boolean>
  /** Says that a person has looked, as often as it takes until writes go on. */
  resume(): Promise<void>
  /** Pushes the time of the control plane on, where it was given a clock for that. */
  push(): void
  /** Starts the mortal agent as a process, to be killed at this point; without one it goes on. */
  start(deadly?: string): Program
  /** Starts one that is not killed, lets it go on until `done`, and leaves it nothing to do. */
  goOn<Result>(done: () => Promise<Result>): Promise<Result>
}

export type Sweep = AsyncDisposable & {
  /** The next group, with so many members. */
  host(memberCount: number): Promise<SweepHost>
}

type SweepOptions = { readonly groups: number; readonly clock?: PushedClock }

export async function startSweep({ groups, clock }: SweepOptions): Promise<Sweep> {
  await using parts = new AsyncDisposableStack()
  const { path } = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-sweep-')))
  const sizes = {
    users: 260,
    // Two for each host.
    groups: 2 * groups,
    dynamicGroups: 0,
    nestedGroups: 0,
    membersPerGroup: 0,
    applications: 0,
    events: 0,
  }
  const jumpcloud = parts.use(await startJumpCloud(sizes))
  const plane = parts.use(await startMortalPlane(join(path, 'plane'), () => {}, clock))
  const program = { file: await bundleMortalAgent(path), environment: { NODE_COMPILE_CACHE: join(path, 'cache') } }
  const scopes = ['agents:read', 'runs:read', 'runs:write']
  const { text: token } = await plane.plane.administration.createToken('test', {
    name: 'sweep',
    scopes,
    ttlMs: 3_600_000,
  })
  const owned = parts.move()
  const free = jumpcloud.tenant.groups.all.filter(({ name }) => name !== 'All Users').map(({ id }) => id)

  return {
    host: async (memberCount) => {
      const [groupId, emptyGroupId] = free.splice(0, 2)
      if (groupId === undefined || emptyGroupId === undefined) throw new Error('the sweep has more points than groups')
      for (const { id } of jumpcloud.tenant.users.all.slice(0, memberCount)) jumpcloud.tenant.members.add(groupId, id)
      const agent = `agent-${free.length}`
      const directory = join(path, agent)
      await writeHost(directory, jumpcloud.keys.administrator, {
        planeUrl: plane.url,
        jumpcloudUrl: jumpcloud.url,
        policy: policyFor([groupId, emptyGroupId]),
      })
      const { text: code } = await plane.plane.administration.createCode('test', agent)
      const identityFile = openIdentityFile(directory)
      await enrol({ url: plane.url, code, version: '0', identityFile, random: systemRandom, post })
      const caller = createPlaneCaller({ url: plane.url, token, agent })
      return openHost({ jumpcloud, groupId, emptyGroupId, directory, program, caller, push: () => clock?.push(pushMs) })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The program as one file: it starts three times as fast. */
export async function bundleMortalAgent(directory: string): Promise<string> {
  const outfile = join(directory, 'mortal-agent.mjs')
  const entryPoints = [join(root, 'test/support/mortal-agent-program.ts')]
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', banner: { js: banner } })
  return relative(root, outfile)
}

export async function writeHost(directory: string, key: string, settings: MortalSettings): Promise<void> {
  const files = mortalFiles(directory)
  await mkdir(directory, { mode: 0o700, recursive: true })
  await writeFile(files.key, key, { mode: 0o600 })
  await writeFile(files.settings, JSON.stringify(settings))
}

function policyFor(groupIds: readonly string[]): string {
  const jobs = 'groups.members.list, groups.members.add, groups.members.remove'
  return `version: 1\nconnections:\n  main:\n    allow: [${jobs}]\n    groups: { allow: [${groupIds.join(', ')}] }\n    caps: { addsPerHour: 1000 }\n`
}

async function journalOf(agent: string, { ask }: PlaneCaller): Promise<unknown> {
  const { body } = await ask('GET', `/v1/agents/${agent}`)
  return Object(body.replicas)[0]?.session?.journal
}

async function post(url: string, request: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })
  return await answer.json()
}

type Place = Pick<SweepHost, 'jumpcloud' | 'caller' | 'groupId' | 'emptyGroupId' | 'push'> & {
  readonly directory: string
  readonly program: { readonly file: string; readonly environment: Readonly<Record<string, string>> }
}

function openHost({ directory, program, ...place }: Place): SweepHost {
  const { jumpcloud, caller, groupId } = place
  const isReady = async () => (await journalOf(basename(directory), caller)) === 'ok'
  const programs = new AsyncDisposableStack()
  const { file, environment } = program
  return {
    ...place,
    journal: journalPaths(directory).database,
    losses: async () => (await readdir(directory)).filter((name) => /^journal\.(lost$|corrupt-.*\.db$)/.test(name)),
    isReady,
    resume: async () => {
      await until(async () => {
        // It says so where there is nothing to resume yet.
        await resumeJournal(directory).catch(() => {})
        return await isReady()
      })
    },
    posts: (id = groupId) => {
      const path = `/api/v2/usergroups/${id}/members`
      return jumpcloud.requests.filter((one) => one.method === 'POST' && one.path === path).length
    },
    mutations: (id = groupId) => jumpcloud.mutations.filter((one) => one.groupId === id),
    start: (deadly) => {
      const args = deadly === undefined ? [directory] : [directory, deadly]
      return programs.use(startProgram(file, { args, environment }))
    },
    goOn: async (done) => {
      const daemon = await startMortalAgent(directory, () => {})
      try {
        const result = await done()
        await daemon.drain()
        return result
      } finally {
        await daemon.stop()
      }
    },
    [Symbol.asyncDispose]: () => programs.disposeAsync(),
  }
}
