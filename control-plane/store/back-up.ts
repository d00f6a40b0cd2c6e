// A copy of everything that a control plane is: its store, as it was at one instant, and the two keys that belong to it. A server
// goes on meanwhile. Putting it back is copying the three files into an empty state directory while nothing runs.

import { chmod, copyFile, mkdir, open, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { SallyportError } from '@sallyport/protocol'

/** In a state directory, and in a back-up of it. */
export const stateFiles = { store: 'store.db', keys: ['signing.key', 'pages.key'] } as const

export type BackUp = { readonly from: string; readonly to: string }

/**
 * `to` is made in a folder that is there, or is empty; it is for its owner alone, and what is in it is worth as much as the original. Throws
 * `request_invalid` for a directory that is not empty, `plane_error` where it cannot be written.
 */
export async function backUp({ from, to }: BackUp): Promise<readonly string[]> {
  await makeEmpty(to)
  try {
    // The keys first: a rotation in between leaves an older key, and the store is opened by each.
    for (const name of stateFiles.keys) await copyKey(join(from, name), join(to, name))
    await copyStore(join(from, stateFiles.store), join(to, stateFiles.store))
    await syncDirectory(to)
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause
    const why = cause instanceof Error ? cause.message : 'failed'
    throw new SallyportError('plane_error', `back up ${from} to ${to}: ${why}`, { cause })
  }
  return [...stateFiles.keys, stateFiles.store]
}

async function makeEmpty(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 }).catch(unlessThere)
    const isEmpty = (await readdir(directory)).length === 0
    if (isEmpty) return await chmod(directory, 0o700)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'failed'
    throw new SallyportError('request_invalid', `back up to ${directory}: ${why}. Name a directory of yours.`, {
      cause,
    })
  }
  throw new SallyportError(
    'request_invalid',
    `back up to ${directory}: it is not empty. Name a new one for each back-up.`,
  )
}

/** Folders above it are not made: to a mistyped path nothing is backed up. */
function unlessThere(error: unknown): void {
  const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
  if (!isThere) throw error
}

async function copyKey(from: string, to: string): Promise<void> {
  await copyFile(from, to)
  await finish(to)
}

/** By SQLite itself, in one transaction; it is whole or has another name. */
async function copyStore(from: string, to: string): Promise<void> {
  const { backup, DatabaseSync } = await import('node:sqlite')
  const partial = `${to}.partial`
  // It is made with the mode of a new file otherwise, and holds everything before that can be changed.
  await using made = await open(partial, 'wx', 0o600)
  await made.close()
  const source = new DatabaseSync(from, { readOnly: true })
  try {
    await backup(source, partial, { rate: 1000 })
  } finally {
    source.close()
  }
  await finish(partial)
  await rename(partial, to)
}

async function finish(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  await file.chmod(0o600)
  await file.sync()
}

async function syncDirectory(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}
