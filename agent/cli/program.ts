// The command line: names and flags. Each command has a file of its own.

import { Command } from 'commander'
import { version } from '../version.ts'
import { addDoctor } from './doctor-commands.ts'
import type { EgressFlags } from './egress.ts'
import type { EnrolFlags } from './enrol.ts'
import type { Host } from './host.ts'
import { addLedger } from './ledger/ledger-commands.ts'
import { addLocal } from './local/local-commands.ts'
import type { PathFlags } from './paths.ts'
import { addPolicy } from './policy/policy-commands.ts'
import { addSetup } from './setup/setup-command.ts'
import { addUninstall } from './setup/uninstall-command.ts'
import { addToken } from './token/token-commands.ts'

/** Exits are decided by the caller: a usage error is commander's, everything else is thrown by the command. */
export function createProgram(host: Host): Command {
  const program = new Command('sallyport')
    .description(
      'An on-prem agent for JumpCloud: the key stays here, the policy decides, jobs come over one outgoing WebSocket.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => linesOf(text).forEach(host.print),
      writeErr: (text) => linesOf(text).forEach(host.complain),
    })

  const withPaths = (command: Command) =>
    command
      .option('--config <file>', 'configuration file (SALLYPORT_CONFIG, /etc/sallyport/config.yaml)')
      .option('--policy <file>', 'policy file (SALLYPORT_POLICY, /etc/sallyport/policy.yaml)')
      .option('--state <directory>', 'state directory (SALLYPORT_STATE_DIR, /var/lib/sallyport)')

  withPaths(program.command('start'))
    .description('run the agent until SIGTERM or SIGINT')
    .action(async (flags: PathFlags) => (await import('./start.ts')).start(flags, host))
  withPaths(program.command('enrol'))
    .description('make a key on this host and enrol it at a control plane')
    .option('--plane <url>', 'where the control plane is; without it, as the configuration says')
    .option('--code <code>', 'the one-time code; - reads it from standard input')
    .option('--code-file <file>', 'a file that holds it')
    .option('--once', 'leave a host as it is that is enrolled already')
    .option('--json', 'print JSON')
    .action(async (flags: EnrolFlags) => (await import('./enrol.ts')).enrol(flags, host))
  withPaths(program.command('deregister'))
    .description('say goodbye to the control plane for good')
    .action(async (flags: PathFlags) => (await import('./deregister.ts')).deregister(flags, host))
  withPaths(program.command('resume'))
    .description('let writes go on after the journal was lost and its writes were looked at')
    .action(async (flags: PathFlags) => (await import('./resume.ts')).resume(flags, host))
  withPaths(program.command('egress'))
    .description('list every host and port that the agent connects to')
    .option('--connection <name>', 'those of one connection alone')
    .option('--json', 'print JSON')
    .action(async (flags: EgressFlags) => (await import('./egress.ts')).egress(flags, host))
  for (const add of [addSetup, addLocal, addDoctor, addToken, addLedger, addPolicy, addUninstall])
    add(program, withPaths, host)
  return program
}

const linesOf = (text: string) => text.trimEnd().split('\n')
