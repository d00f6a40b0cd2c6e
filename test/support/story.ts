// A simulated installation in a folder of its own that goes with it, shared by the stories of one file.

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type SimulatedInstallation, startInstallation } from './installation.ts'
import type { SimulatedState } from './simulator-program.ts'

export type StoryOptions = {
  readonly sizes: Readonly<Record<string, number>>
  readonly policy?: (state: SimulatedState) => string
  readonly logLevel?: string
  readonly under?: readonly string[]
}

/** Starts before the first test of the file and ends after its last. What it gives is there while tests run. */
export function shareInstallation(options: StoryOptions): SimulatedInstallation {
  const stage: { current?: SimulatedInstallation } = {}
  const current = () => {
    if (stage.current === undefined) throw new Error('the installation is there while tests run, not before')
    return stage.current
  }
  const end = async () => void (await stage.current?.[Symbol.asyncDispose]())
  beforeAll(async () => {
    stage.current = await startStory(options)
  })
  afterAll(end)
  return {
    get simulator() {
      return current().simulator
    },
    get plane() {
      return current().plane
    },
    get relay() {
      return current().relay
    },
    get agent() {
      return current().agent
    },
    get directory() {
      return current().directory
    },
    run: (...asked) => current().run(...asked),
    addHost: (...asked) => current().addHost(...asked),
    [Symbol.asyncDispose]: end,
  }
}

async function startStory({ policy = openPolicy, ...options }: StoryOptions): Promise<SimulatedInstallation> {
  await using stack = new AsyncDisposableStack()
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-story-'))).path
  const installation = stack.use(await startInstallation({ ...options, directory, policy }))
  const all = stack.move()
  return { ...installation, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Every job, and changes in each group but the first, which is that of everybody. */
function openPolicy({ groups }: SimulatedState): string {
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
