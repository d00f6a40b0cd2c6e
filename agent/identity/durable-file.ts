// Files that are either the old text or the new one, whenever the power fails.

import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces the file by way of a neighbour: written, synced, renamed, and the folder synced. Mode 0600. */
export async function writeDurably(path: string, contents: string | Uint8Array): Promise<void> {
  const neighbour = `${path}.new`
  const file = await open(neighbour, 'w', 0o600)
  try {
    await file.chmod(0o600)
    await file.writeFile(contents)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(neighbour, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
