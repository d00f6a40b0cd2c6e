// Which errors of the system a host gets over, so that what failed is tried again. How and when is decided by whoever tries.

import { systemCode } from './files.ts'

/** By itself, or as soon as somebody has made room. A directory that is read-only is not among them: somebody mounted it so. */
const passing: ReadonlySet<string> = new Set([
  ...['ENOSPC', 'EDQUOT', 'EIO', 'ESTALE', 'ETIMEDOUT'],
  ...['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EBUSY', 'EINTR'],
])

export function isPassingTrouble(error: unknown): boolean {
  return passing.has(systemCode(error) ?? '')
}
