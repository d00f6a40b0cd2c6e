// What the verbs share: the flags, an open office, and saying the result to people or to programs.

import type { Command } from 'commander'
import { jsonLine } from './json-line.ts'
import { type Office, openOffice } from './office.ts'
import type { Flags } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** `data` is what `--json` prints, on one line. A `note` is for people too, but keeps out of what they pipe elsewhere. */
export type Result = { readonly data: unknown; readonly text: string; readonly note?: string }

/** Runs `act` on the open store and prints what it answers. */
export async function inOffice(
  command: Command,
  terminal: Terminal,
  act: (office: Office) => Promise<Result>,
): Promise<void> {
  const flags = command.optsWithGlobals<Flags>()
  await using office = await openOffice(flags, terminal)
  const { data, text, note = '' } = await act(office)
  if (flags.json === true) return terminal.out(jsonLine(data))
  terminal.err(note)
  terminal.out(text)
}
