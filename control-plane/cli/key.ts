// sallyport-control key

import { join } from 'node:path'
import type { Command } from 'commander'
import { rotateKey } from '../keys/rotate-key.ts'
import { parseDuration } from './duration.ts'
import { instantText } from './table.ts'
import type { Terminal } from './terminal.ts'
import { inOffice } from './verb.ts'

const week = '7d'

export function addKey(program: Command, terminal: Terminal): void {
  const key = program.command('key').description('the key that agents trust')

  key
    .command('rotate')
    .description('make another one; both are valid for a time, and agents learn of it when they connect')
    .option('--overlap <duration>', 'how long both are valid', parseDuration, parseDuration(week))
    .action(({ overlap: overlapMs }: { readonly overlap: number }, command: Command) =>
      inOffice(command, terminal, async ({ state, note, actor }) => {
        const path = join(state, 'signing.key')
        const { kid, nextKid, from } = await rotateKey({ path, clock: terminal.clock, overlapMs })
        const at = instantText(from)
        // It is what tells a running server to look.
        await note(actor, 'key.rotated', nextKid, { former: kid, from: at })
        const text = `The key ${nextKid} follows ${kid} at ${at}. An agent that does not connect until then has to be enrolled again.\nMake a new back-up.\n`
        return { data: { kid, nextKid, from: at }, text }
      }),
    )
}
