// What Linux knows of a process: the time that its threads ran, and the memory that is its own.

import { readdirSync, readFileSync } from 'node:fs'

/** Processor time of all its threads, in milliseconds. */
export function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const runNs = threads.map((thread) => {
    const [ran = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    return Number(ran)
  })
  return runNs.reduce((total, ran) => total + ran, 0) / 1e6
}

/** Private memory: pages that are backed by no file, `RssAnon`, in MiB. */
export function privateMiB(pid: number): number {
  return privateMiBIn(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** The same, from what `/proc/PID/status` says. */
export function privateMiBIn(status: string): number {
  const [, kib = '0'] = /^RssAnon:\s+(\d+) kB$/m.exec(status) ?? []
  return Number(kib) / 1024
}
