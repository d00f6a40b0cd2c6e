// The commands that ask the running agent on this host.

import type { Command } from 'commander'
import type { Host } from '../host.ts'
import type { AskFlags, HealthFlags } from './local.ts'

export function addLocal(program: Command, withPaths: (command: Command) => Command, host: Host): void {
  const commands = () => import('./local.ts')
  const asking = (command: Command) => withPaths(command).option('--json', 'print JSON')

  asking(program.command('status'))
    .description('what the running agent does, and what is wrong with it')
    .action(async (flags: AskFlags) => (await commands()).status(flags, host))
  asking(program.command('health'))
    .description('exit 0 where the running agent takes work, 1 where it does not')
    .option('--live', 'exit 0 where it runs, whether or not it takes work')
    .action(async (flags: HealthFlags) => (await commands()).health(flags, host))
  asking(program.command('drain'))
    .description('stop the running agent when what it works on is answered')
    .action(async (flags: AskFlags) => (await commands()).drain(flags, host))

  const runs = program.command('runs').description('the runs that the running agent holds')
  asking(runs.command('list'))
    .description('all of them, oldest first')
    .action(async (flags: AskFlags) => (await commands()).runsList(flags, host))
  asking(runs.command('show'))
    .argument('<run>', 'its id')
    .description('one of them; of one that is over, what the ledger says')
    .action(async (run: string, flags: AskFlags) => (await commands()).runsShow(run, flags, host))
}
