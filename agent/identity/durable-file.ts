// Files that are either the old text or the new one, whenever the power fails.

import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from '../ports/files.ts'

/**
 * Replaces the file by way of a neighbour: written, synced, renamed, and the folder synced. What root writes stays
 * whose it was, or is of the owner of the folder, because the agent has to read it. Rejects with `EBUSY` where two write at once.
 */
export async function writeDurably(path: string, contents: string | Uint8Array, mode = 0o600): Promise<void> {
  const neighbour = `${path}.new`
  const folder = await open(dirname(path), 'r')
  try {
    const file = await openAnew(neighbour, mode)
    try {
      await giveToOwner(file, folder, path)
      await file.writeFile(contents)
      await file.sync()
      await refuseOther(file, neighbour)
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
async function openAnew(path: string, mode: number): Promise<FileHandle> {
  const make = () => open(path, 'wx', 0o600)
  const file = await make().catch(async (error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error
    await unlink(path)
    return await make()
  })
  await file.chmod(mode)
  return file
}

/** By the open files: a name may lead elsewhere by now. A root without that right, as in containers, is the agent itself. */
async function giveToOwner(file: FileHandle, folder: FileHandle, path: string): Promise<void> {
  const [home, own, former] = [await folder.stat(), await file.stat(), await lstat(path).catch(() => undefined)]
  // Where others can put files, the one that is there may be theirs.
  const isSafe = (home.mode & 0o022) === 0
  const { uid, gid } = isSafe && former?.isFile() ? former : home
  if (own.uid !== 0 || uid === 0) return
  await file.chown(uid, gid).catch((error: unknown) => {
    if (systemCode(error) !== 'EPERM') throw error
  })
}

/** What the other one has not written to its end would be put in place. */
async function refuseOther(file: FileHandle, path: string): Promise<void> {
  const [own, there] = [await file.stat(), await lstat(path).catch(() => undefined)]
  if (there?.ino === own.ino) return
  throw Object.assign(new Error(`${path}: another process writes it at this moment`), { code: 'EBUSY' })
}
