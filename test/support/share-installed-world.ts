// An installed host for all stories of a block: it is booted before the first, and off after the last.

import { afterAll, beforeAll } from 'vitest'
import { type InstalledWorld, type InstalledWorldOptions, startInstalledWorld } from './installed-agent.ts'

const patienceMs = 180_000

export function shareInstalledWorld(options: () => InstalledWorldOptions): () => InstalledWorld {
  const stage: { world?: InstalledWorld } = {}
  beforeAll(async () => {
    stage.world = await startInstalledWorld(options())
  }, patienceMs)
  afterAll(async () => await stage.world?.[Symbol.asyncDispose](), patienceMs)
  return () => {
    if (stage.world === undefined) throw new Error('the host is there while tests run, not before')
    return stage.world
  }
}
