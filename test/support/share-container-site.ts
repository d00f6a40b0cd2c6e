// One container site for all tests of a file: it takes a minute to come.

import { afterAll, beforeAll } from 'vitest'
import type { ContainerEngine } from './container-engine.ts'
import { type ContainerSite, startContainerSite } from './container-site.ts'

const patienceMs = 480_000

/** What gives it, while tests run. */
export function shareContainerSite(startEngine: () => Promise<ContainerEngine>): () => ContainerSite {
  const stage: { site?: ContainerSite } = {}
  beforeAll(async () => {
    stage.site = await startContainerSite(startEngine)
  }, patienceMs)
  afterAll(async () => await stage.site?.[Symbol.asyncDispose](), patienceMs)
  return () => {
    if (stage.site !== undefined) return stage.site
    throw new Error('it is there while tests run, not before')
  }
}
