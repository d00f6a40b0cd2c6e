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

export type PolicyHomeOptions = PolicyLocation & {
  readonly stateDirectory: string
  readonly files: Files
  readonly random: Pick<Random, 'bytes'>
}

export function openPolicyHome({ stateDirectory, random, ...location }: PolicyHomeOptions): PolicyHome {
  return {
    read: () => loadPolicy(location),
    pinFile: openPinFile(stateDirectory, location.files),
    panic: openPanic(stateDirectory),
    fieldKey: () => readFieldKey(stateDirectory, random),
  }
}
