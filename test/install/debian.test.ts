// Package and archive on booted Debians, from the installation to the last trace. What is told of a host stands in debian/, and one
// host lives through all of a block, in this order.

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { makePackages } from '../support/installed-agent.ts'
import { shareInstalledWorld } from '../support/share-installed-world.ts'
import { archive, refusals, removalOfArchive } from './debian/archive.ts'
import { installation } from './debian/installation.ts'
import { person } from './debian/person.ts'
import { removal } from './debian/removal.ts'
import { settings } from './debian/settings.ts'
import { survival } from './debian/survival.ts'
import { upgrade } from './debian/upgrade.ts'

const patienceMs = 180_000
const stage: { folder?: AsyncDisposable; packages: readonly string[] } = { packages: [] }

beforeAll(async () => {
  const folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-packages-'))
  stage.folder = folder
  stage.packages = await makePackages(folder.path)
}, patienceMs)

afterAll(async () => await stage.folder?.[Symbol.asyncDispose]())

describe('Debian 12', () => {
  const world = shareInstalledWorld(() => ({ release: 'bookworm', packages: stage.packages }))

  for (const stories of [installation, survival, settings, upgrade, removal, archive, removalOfArchive, refusals]) {
    stories(world)
  }
})

describe('Debian 13', () => {
  const world = shareInstalledWorld(() => ({ release: 'trixie', packages: stage.packages }))

  for (const stories of [person, removal, archive, removalOfArchive]) stories(world)
})
