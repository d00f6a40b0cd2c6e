// sallyport-control backup

import type { Command } from 'commander'
import { backUp } from '../store/back-up.ts'
import type { Terminal } from './terminal.ts'
import { inOffice } from './verb.ts'

export function addBackup(program: Command, terminal: Terminal): void {
  program
    .command('backup')
    .description('copy the store and both keys, also while the server runs')
    .argument('<directory>', 'a new one, or an empty one')
    .action((directory: string, _: object, command: Command) =>
      inOffice(command, terminal, async ({ state, note, actor }) => {
        await note(actor, 'backup.made', directory)
        const files = await backUp({ from: state, to: directory })
        const text = `${files.join(', ')} are in ${directory}. Guard them like the originals: the keys command agents and open pages.\nTo put them back: stop the server, copy them into an empty state directory, and start it.\n`
        return { data: { directory, files }, text }
      }),
    )
}
