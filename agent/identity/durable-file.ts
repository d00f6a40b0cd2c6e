// Files that are either the old text or the new one, whenever the power fails.

import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from '../ports/files.ts'

/**
 * Replaces the file by way of a neighbour: written, synced, renamed, and the folder synced. Mode 0600. What root writes into a
 * folder of somebody else is theirs, because the agent has to read it.
 */
export async function writeDurably(path: string, contents: string | Uint8Array): Promise<void> {
  const neighbour = `${path}.new`
  const folder = await open(dirname(path), 'r')
  try {
    const file = await openAnew(neighbour)
    try {
      await giveToOwnerOf(folder, file)
      await file.writeFile(contents)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(neighbour, path)
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Whoever owns the folder may have put a link there, to what they could not write to themselves. */
async function openAnew(path: string): Promise<FileHandle> {
  const make = () => open(path, 'wx', 0o600)
  const file = await make().catch(async (error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error
    await unlink(path)
    return await make()
  })
  await file.chmod(0o600)
  return file
}

/** By the open files: a name may lead elsewhere by now. Only root may do it. */
async function giveToOwnerOf(folder: FileHandle, file: FileHandle): Promise<void> {
  const [{ uid, gid }, own] = await Promise.all([folder.stat(), file.stat()])
  if (own.uid === 0 && uid !== 0) await file.chown(uid, gid)
}
