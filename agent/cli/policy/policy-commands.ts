// The commands of the policy: names and flags.

import { type Command, InvalidArgumentError } from 'commander'
import type { ApproveFlags } from '../approve.ts'
import type { Host } from '../host.ts'
import type { PanicFlags } from '../panic.ts'
import type { PathFlags } from '../paths.ts'
import type { PolicyShowFlags } from './policy-show.ts'
import type { PolicyTestFlags } from './policy-test.ts'

export function addPolicy(program: Command, withPaths: (command: Command) => Command, host: Host): void {
  withPaths(program.command('panic'))
    .description('deny everything at once, until it is lifted')
    .option('--lift', 'let the policy decide again')
    .action(async (flags: PanicFlags) => (await import('../panic.ts')).panic(flags, host))
  program
    .command('approve')
    .argument('<runfile>', 'JSON with agent, job, connection, params and requester')
    .description('make the approval of one write, offline')
    .requiredOption('--key <file>', 'private Ed25519 key, PEM or JWK')
    .option('--hours <count>', 'how long it lasts', parseHours, 24)
    .option('--json', 'print JSON')
    .action(async (file: string, flags: ApproveFlags) => (await import('../approve.ts')).approve(file, flags, host))
  const policy = program.command('policy').description('what the customer allows')
  withPaths(policy.command('check'))
    .description('check configuration and policy, and say what is in force')
    .action(async (flags: PathFlags) => (await import('./policy-check.ts')).policyCheck(flags, host))
  withPaths(policy.command('show'))
    .description('what is in force, with the ids that names are pinned to')
    .option('--json', 'print JSON')
    .action(async (flags: PolicyShowFlags) => (await import('./policy-show.ts')).policyShow(flags, host))
  withPaths(policy.command('pin'))
    .description('pin the names of groups to those that have them now')
    .action(async (flags: PathFlags) => (await import('./policy-pin.ts')).policyPin(flags, host))
  withPaths(policy.command('test'))
    .argument('<job>', 'name of a job')
    .argument('<params>', 'its params, as JSON')
    .description('explain what the policy says to a run, without running anything; ends with 1 where it is refused')
    .option('--connection <name>', 'the connection, where there are several')
    .option('--json', 'print JSON')
    .action(async (job: string, params: string, flags: PolicyTestFlags) =>
      (await import('./policy-test.ts')).policyTest({ job, params }, flags, host),
    )
}

function parseHours(text: string): number {
  const hours = Number(text)
  if (Number.isInteger(hours) && hours >= 1 && hours <= 720) return hours
  throw new InvalidArgumentError('a whole number from 1 to 720.')
}
