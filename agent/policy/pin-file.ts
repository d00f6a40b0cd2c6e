// Where pins are kept: `pins.json` in the state directory. What a pin is worth is `pins`.

import { join } from 'node:path'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import { writeDurably } from '../identity/durable-file.ts'
import { type Files, systemCode } from '../ports/files.ts'
import { isId } from './connection-rules.ts'

const kept = z.strictObject({
  version: z.literal(1),
  connections: z.record(z.string(), z.strictObject({ groups: z.record(z.string(), z.string().refine(isId)) })),
})
/** The id of each name, of each connection. */
export type KeptPins = z.infer<typeof kept>

export type PinFile = {
  readonly path: string
  /** No pins where there is no file. Rejects with `policy_invalid` for one that cannot be used, which then allows nothing. */
  read(): Promise<KeptPins>
  write(pins: KeptPins): Promise<void>
}

const limitBytes = 1024 * 1024

export function openPinFile(stateDirectory: string, files: Files): PinFile {
  const path = join(stateDirectory, 'pins.json')
  const unusable = (cause: unknown) => {
    const why = systemCode(cause)
    const mend =
      why === undefined
        ? 'Move it away and run "sallyport policy pin" to pin the names anew.'
        : `${why}. Run it as the user of the agent, or as root; the pins are not lost.`
    return new SallyportError('policy_invalid', `read the pinned names: ${path} cannot be used. ${mend}`, { cause })
  }
  return {
    path,
    read: async () => {
      try {
        const read = await files.read(path, limitBytes)
        if (read.kind === 'other' || !read.whole) throw unusable(undefined)
        return kept.parse(JSON.parse(Buffer.from(read.bytes).toString()))
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return { version: 1, connections: {} }
        throw error instanceof SallyportError ? error : unusable(error)
      }
    },
    write: (pins) => writeDurably(path, `${JSON.stringify(pins, null, 2)}\n`),
  }
}
