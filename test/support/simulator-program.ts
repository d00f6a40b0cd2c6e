// The simulated JumpCloud as a process of its own, steered over its control port.

import { z } from 'zod'
import type { Mutation, RecordedRequest } from './jumpcloud/state/recording.ts'
import { type Program, startProgram } from './program.ts'

export type Simulator = AsyncDisposable & {
  readonly url: string
  /** Of an administrator of the first organisation. */
  readonly key: string
  /** Of somebody who sees every organisation. */
  readonly keyOfAll: string
  readonly program: Program
  /** Another key of the first organisation; requests that carry it are recorded under this name. */
  issue(name: string): Promise<string>
  requests(): Promise<readonly RecordedRequest[]>
  mutations(): Promise<readonly Mutation[]>
  /** The first organisation, as it is now. */
  state(): Promise<SimulatedState>
  /** Pulls a lever by its name and gives what releases it; `apply` lets late writes land. */
  pull(lever: string, options?: object): Promise<{ release(): Promise<void>; apply(): Promise<void> }>
}

const simulatedState = z.object({
  users: z.array(z.object({ id: z.string(), username: z.string() })),
  groups: z.array(
    z.object({ id: z.string(), name: z.string(), membershipMethod: z.string(), members: z.array(z.string()) }),
  ),
  eventCount: z.number(),
})
export type SimulatedState = z.infer<typeof simulatedState>

/** `sizes` are those of the seeded tenant, such as `users`. */
export async function startSimulatorProgram(sizes: Readonly<Record<string, number>>): Promise<Simulator> {
  const args = Object.entries(sizes).flatMap(([name, size]) => [`--${name}`, String(size)])
  const program = startProgram('test/support/jumpcloud/main.ts', { args })
  const { url, controlUrl, key, keys } = await program.line(({ url }) => typeof url === 'string')

  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
    const answer = await fetch(`${controlUrl}${path}`, init)
    if (!answer.ok) throw new Error(`simulator: ${method} ${path}: ${await answer.text()}`)
    return await answer.json()
  }
  return {
    url: String(url),
    key: String(key),
    keyOfAll: String(Object(keys).multiTenant),
    issue: async (name) => z.object({ key: z.string() }).parse(await ask('POST', '/keys', { name })).key,
    program,
    // Written by the simulator, from values of these types.
    requests: async () => (await ask('GET', '/requests')) as RecordedRequest[],
    mutations: async () => (await ask('GET', '/mutations')) as Mutation[],
    state: async () => {
      const { organizations } = z.object({ organizations: z.array(z.unknown()) }).parse(await ask('GET', '/state'))
      return simulatedState.parse(organizations[0])
    },
    pull: async (lever, options = {}) => {
      const { id } = z.object({ id: z.number() }).parse(await ask('POST', '/levers', { lever, options }))
      const act = async (action: string) => void (await ask('POST', `/levers/${id}/${action}`))
      return { release: () => act('release'), apply: () => act('apply') }
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}
