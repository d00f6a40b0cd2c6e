// What belongs to the policy on the host: its file, the pinned names, and the switch that denies everything.

import type { Files } from '../ports/files.ts'
import { openPanic, type Panic } from './panic.ts'
import { openPinFile, type PinFile } from './pin-file.ts'
import { loadPolicy, type Policy, type PolicyLocation } from './policy.ts'

export type PolicyHome = {
  /** As the file is now. Rejects with `policy_invalid`. */
  read(): Promise<Policy>
  readonly pinFile: PinFile
  readonly panic: Panic
}

export type PolicyHomeOptions = PolicyLocation & { readonly stateDirectory: string; readonly files: Files }

export function openPolicyHome({ stateDirectory, ...location }: PolicyHomeOptions): PolicyHome {
  return {
    read: () => loadPolicy(location),
    pinFile: openPinFile(stateDirectory, location.files),
    panic: openPanic(stateDirectory),
  }
}
