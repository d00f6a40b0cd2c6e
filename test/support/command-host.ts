// What a command needs of a process, without one: nothing is set, nothing is said, and nothing stops it.

import type { Host } from '../../agent/cli/host.ts'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'

export function commandHost(change: Partial<Host>): Host {
  const nothing = () => {}
  const { print = nothing, complain = nothing } = change
  return {
    environment: {},
    nodeFlags: [],
    isInteractive: false,
    programFile: import.meta.filename,
    guard: createLeakGuard(),
    logTo: { print: { form: 'json', write: print }, complain: { form: 'json', write: complain } },
    print,
    complain,
    readInput: async () => '',
    onStop: nothing,
    ...change,
  }
}
