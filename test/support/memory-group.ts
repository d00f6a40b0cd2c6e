// The limit of memory that a container has, from outside of it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'

/** Where processes are that count towards the limit of this one, by either version of control groups. */
export async function memoryGroupOf(pid: string): Promise<string> {
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8')
  const [, first] = /^\d+:memory:(.*)$/m.exec(groups) ?? []
  return first === undefined ? `/sys/fs/cgroup${/^0::(.*)$/m.exec(groups)?.[1]}` : `/sys/fs/cgroup/memory${first}`
}

/** Takes all the memory that there is in the group, until it is ended in its turn; by what. */
export async function startFilling(group: string): Promise<unknown> {
  const child = spawn('sh', ['-c', 'echo $$ > "$0" && exec tail /dev/zero', `${group}/cgroup.procs`], {
    stdio: 'ignore',
  })
  const [, signal] = await once(child, 'exit')
  return signal
}
