// A simulated installation in a folder of its own that goes with it: what most stories begin with.

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SimulatedInstallation, startInstallation } from './installation.ts'
import type { SimulatedState } from './simulator-program.ts'

export type StoryOptions = {
  readonly sizes: Readonly<Record<string, number>>
  readonly policy?: (state: SimulatedState) => string
  readonly logLevel?: string
}

export async function tellStory({ policy = openPolicy, ...options }: StoryOptions): Promise<SimulatedInstallation> {
  await using stack = new AsyncDisposableStack()
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-story-'))).path
  const installation = stack.use(await startInstallation({ ...options, directory, policy }))
  const all = stack.move()
  return { ...installation, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Every job, and changes in each group but the first, which is that of everybody. */
export function openPolicy({ groups }: SimulatedState): string {
  return [
    'version: 1',
    'connections:',
    '  main:',
    '    allow: [org.get, users.list, users.get, groups.list, groups.get, groups.members.list,',
    '            groups.members.add, groups.members.remove, events.pull]',
    `    groups: { allow: [${groups.slice(1).map(({ id }) => id)}] }`,
    '',
  ].join('\n')
}
