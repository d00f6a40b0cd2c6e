// Opens a file of the ledger to be read. Whoever may write in its folder may put something else in its place, which is not waited for.

import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { SallyportError } from '@sallyport/protocol/sallyport-error'

export type Segment = Disposable & { readonly descriptor: number; readonly byteCount: number }

/** Throws `ledger_broken` for what is no file, and the error of the system. */
export function openSegment(path: string): Segment {
  // Without O_NONBLOCK, opening a FIFO waits for whoever writes to it.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stat = fstatSync(descriptor)
  const close = () => closeSync(descriptor)
  if (stat.isFile()) return { descriptor, byteCount: stat.size, [Symbol.dispose]: close }
  close()
  throw new SallyportError(
    'ledger_broken',
    `read the ledger: ${path} is no file, and was put there by somebody; look who may write there, and move it away`,
  )
}
