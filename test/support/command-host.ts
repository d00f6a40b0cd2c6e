// What a command needs of a process, without one: nothing is set, nothing is said, and nothing stops it.

import type { Host } from '../../agent/cli/host.ts'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'

export function commandHost(change: Partial<Host>): Host {
  const nothing = () => {}
  return {
    environment: {},
    nodeFlags: [],
    isInteractive: false,
    programFile: import.meta.filename,
    guard: createLeakGuard(),
    logForm: { print: 'json', complain: 'json' },
    print: nothing,
    complain: nothing,
    readInput: async () => '',
    onStop: nothing,
    ...change,
  }
}
