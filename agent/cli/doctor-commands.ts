// The names and flags of the commands that look for what is wrong.

import type { Command } from 'commander'
import type { DoctorFlags } from './doctor.ts'
import type { Host } from './host.ts'
import type { BundleFlags } from './local/support-bundle.ts'

export function addDoctor(program: Command, withPaths: (command: Command) => Command, host: Host): void {
  withPaths(program.command('doctor'))
    .description('look at this host and at both ways out, and say what is wrong and what to do; changes nothing')
    .option('--json', 'print JSON')
    .option('--explain', 'say of each check why it matters and what to do')
    .option('--offline', 'only what needs no network')
    .action(async (flags: DoctorFlags) => (await import('./doctor.ts')).doctor(flags, host))
  withPaths(program.command('support-bundle'))
    .description('write what helps somebody to help into one file, without a secret; it is sent to nobody')
    .option('--out <file>', 'write it there; by default into this directory, by the time of day')
    .option('--offline', 'look only at what needs no network')
    .option('--json', 'print JSON')
    .action(async (flags: BundleFlags) => (await import('./local/support-bundle.ts')).supportBundle(flags, host))
}
