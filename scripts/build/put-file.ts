// A file into the tree of a package, with the mode that it has on a host, whatever the umask of the build is.

import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export async function putFile(from: string, to: string, mode: number): Promise<void> {
  await makeRoom(to)
  await copyFile(from, to)
  await chmod(to, mode)
}

export async function putText(text: string, to: string, mode: number): Promise<void> {
  await makeRoom(to)
  await writeFile(to, text)
  await chmod(to, mode)
}

async function makeRoom(path: string): Promise<void> {
  const made = await mkdir(dirname(path), { recursive: true })
  if (made !== undefined) await chmod(made, 0o755)
}
