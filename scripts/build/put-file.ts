// A file into the tree of a package, with the mode that it has on a host.

import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export async function putFile(from: string, to: string, mode: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, to)
  await chmod(to, mode)
}

export async function putText(text: string, to: string, mode: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await writeFile(to, text)
  await chmod(to, mode)
}
