// What a command needs of a process, without one: nothing is set, nothing is said, and nothing stops it. What it says comes by the
// way of the process, past its guard.

import { guardedOutput } from '../../agent/cli/guarded-output.ts'
import type { Host } from '../../agent/cli/host.ts'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'

export function commandHost(change: Partial<Host>): Host {
  const nothing = () => {}
  const { print = nothing, complain = nothing, guard = createLeakGuard() } = change
  return {
    environment: {},
    nodeFlags: [],
    isInteractive: false,
    programFile: import.meta.filename,
    guard,
    logTo: { print: { form: 'json', write: print }, complain: { form: 'json', write: complain } },
    readInput: async () => '',
    onStop: nothing,
    ...change,
    ...guardedOutput({ print, complain }, guard),
  }
}
