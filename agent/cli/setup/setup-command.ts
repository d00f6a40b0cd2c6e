// The name and the flags of the command `setup`.

import { type Command, Option } from 'commander'
import type { Host } from '../host.ts'
import { type SetupFlags, usualName } from './setup-host.ts'

export function addSetup(program: Command, withPaths: (command: Command) => Command, host: Host): void {
  withPaths(program.command('setup'))
    .description('configure, enrol and start the agent; what is done already is kept')
    .option('--plane <url>', 'where the control plane is')
    .option('--code <code>', 'the one-time code; - reads it from standard input')
    .option('--name <name>', 'what the connection is called here', usualName)
    .addOption(new Option('--region <region>', 'where the JumpCloud organisation lives').choices(['us', 'eu', 'in']))
    .addOption(
      new Option(
        '--base-url <url>',
        'instead of a region: one address that stands for all hosts of JumpCloud',
      ).conflicts('region'),
    )
    .option('--organisation <id>', 'which one, where the key sees several')
    .option('--key-file <file>', 'a file that holds the API key; it may be removed afterwards')
    .addOption(
      new Option(
        '--connection-file <file>',
        'a file with {"url": "https://console.jumpcloud.com", "token": "…"}',
      ).conflicts('keyFile'),
    )
    .option('--proxy <url>', 'http://HOST:PORT, by which both ways go, or none (that of this shell, if it has one)')
    .option('--proxy-user <name>', 'for Basic authentication at the proxy')
    .option('--proxy-password-file <file>', 'a file that holds the password for it; it may be removed afterwards')
    .option(
      '--ca <file>',
      'PEM file of certificate authorities that are trusted, too, such as that of an inspecting proxy',
    )
    .option('--private-plane', 'the control plane is inside the own network, at a private address')
    .option('--non-interactive', 'ask nothing: what is missing is an error')
    .option('--no-start', 'do not start the service')
    .action(async (flags: SetupFlags) => {
      // The service is another user, and reads the settings; what is nobody else's has a narrower mode of its own.
      process.umask(0o022)
      const [{ setup }, { systemService }] = await Promise.all([import('./setup.ts'), import('../../setup/service.ts')])
      const isAlone = flags.nonInteractive === true || !host.isInteractive
      const person = isAlone ? undefined : (await import('../person.ts')).personAtTerminal()
      await setup(flags, { ...host, person, service: systemService, isRoot: process.getuid?.() === 0 })
    })
}
