// The commands of the policy: names and flags.

import type { Command } from 'commander'
import type { Host } from './host.ts'
import type { PanicFlags } from './panic.ts'
import type { PathFlags } from './paths.ts'

export function addPolicy(program: Command, withPaths: (command: Command) => Command, host: Host): void {
  withPaths(program.command('panic'))
    .description('deny everything at once, until it is lifted')
    .option('--lift', 'let the policy decide again')
    .action(async (flags: PanicFlags) => (await import('./panic.ts')).panic(flags, host))
  const policy = program.command('policy').description('what the customer allows')
  withPaths(policy.command('check'))
    .description('check configuration and policy, and say what is in force')
    .action(async (flags: PathFlags) => (await import('./policy-check.ts')).policyCheck(flags, host))
}
