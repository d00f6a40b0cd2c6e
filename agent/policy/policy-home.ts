// What belongs to the policy on the host: its file, the pinned names, and the switch that denies everything.

import type { Files } from '../ports/files.ts'
import type { Random } from '../ports/random.ts'
import { readFieldKey } from './field-key.ts'
import { openPanic, type Panic } from './panic.ts'
import { openPinFile, type PinFile } from './pin-file.ts'
import { loadPolicy, type Policy, type PolicyLocation } from './policy.ts'

export type PolicyHome = {
  /** As the file is now. Rejects with `policy_invalid`. */
  read(): Promise<Policy>
  readonly pinFile: PinFile
  readonly panic: Panic
  /** Throws `policy_invalid`. */
  fieldKey(): Uint8Array
}

export type PolicyHomeOptions = Omit<PolicyLocation, 'path' | 'before'> & {
  /** Where the file is as of now; undefined where there is none. Asked until there is one, which is then the one that counts. */
  readonly findPath: () => string | undefined
  readonly stateDirectory: string
  readonly files: Files
  readonly random: Pick<Random, 'bytes'>
}

export function openPolicyHome({ stateDirectory, random, findPath, ...location }: PolicyHomeOptions): PolicyHome {
  let path: string | undefined
  let before: Policy | undefined
  return {
    // A file that was there and is gone is an error: to go back to the default would allow what it may have refused.
    read: async () => {
      path ??= findPath()
      before = await loadPolicy({ ...location, path, before })
      return before
    },
    pinFile: openPinFile(stateDirectory, location.files),
    panic: openPanic(stateDirectory),
    fieldKey: () => readFieldKey(stateDirectory, random),
  }
}
