// How much memory of its own a process has, as Linux counts it.

import { readFile } from 'node:fs/promises'

/** Private memory in bytes: files that are mapped are not counted. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
