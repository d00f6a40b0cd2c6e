// The name and the flags of the command `uninstall`.

import type { Command } from 'commander'
import type { Host } from '../host.ts'

export function addUninstall(program: Command, _: unknown, host: Host): void {
  program
    .command('uninstall')
    .description('take the service and the program off this host; configuration and state are kept')
    .option('--purge', 'deregister, and remove configuration, credentials, state and ledger too')
    .action(async (flags: { readonly purge?: true }) => {
      const [{ uninstall }, { findInstallation }, { runHostCommand }] = await Promise.all([
        import('./uninstall.ts'),
        import('../../setup/installation.ts'),
        import('../../setup/host-command.ts'),
      ])
      const installation = findInstallation({ root: '/', run: runHostCommand })
      await uninstall(flags, { ...host, installation, isRoot: process.getuid?.() === 0 })
    })
}
