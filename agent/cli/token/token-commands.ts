// The names and flags of the commands about credentials.

import type { Command } from 'commander'
import type { Host } from '../host.ts'
import type { ListFlags } from './token-list.ts'
import type { SetFlags } from './token-set.ts'
import type { TestFlags } from './token-test.ts'

const what = 'name of a connection, or NAME.writer for its credential for changes'

export function addToken(program: Command, withPaths: (command: Command) => Command, host: Host): void {
  const token = program.command('token').description('the JumpCloud credentials of the connections')

  withPaths(token.command('set'))
    .argument('<name>', what)
    .description('put a new secret in its place; it is read from the terminal, unseen, or from standard input')
    .option('--from-file <file>', 'read it from this file instead')
    .option('--credential-file <file>', 'write it to this file, which LoadCredential= of the service names')
    // The library would repeat what it does not expect, and that may be the secret.
    .allowExcessArguments()
    .action(async (name: string, flags: SetFlags, { args }: Command) => {
      const { tokenSet, refuseArgument } = await import('./token-set.ts')
      if (args.length > 1) throw refuseArgument(name)
      await tokenSet(name, flags, host)
    })
  withPaths(token.command('test'))
    .argument('[name]', `${what}; all of them if left out`)
    .description('read it and ask JumpCloud which organisation it is of, and what it can do; changes nothing')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, flags: TestFlags) =>
      (await import('./token-test.ts')).tokenTest(name, flags, host),
    )
  withPaths(token.command('list'))
    .description('state, source, age, expiry and fingerprint of each; no part of a secret')
    .option('--json', 'print JSON')
    .action(async (flags: ListFlags) => (await import('./token-list.ts')).tokenList(flags, host))
}
