// The names and flags of the commands that look for what is wrong.

import type { Command } from 'commander'
import type { DoctorFlags } from './doctor.ts'
import type { Host } from './host.ts'

export function addDoctor(program: Command, withPaths: (command: Command) => Command, host: Host): void {
  withPaths(program.command('doctor'))
    .description('look at this host and at both ways out, and say what is wrong and what to do; changes nothing')
    .option('--json', 'print JSON')
    .option('--explain', 'say of each check why it matters and what to do')
    .option('--offline', 'only what needs no network')
    .action(async (flags: DoctorFlags) => (await import('./doctor.ts')).doctor(flags, host))
}
