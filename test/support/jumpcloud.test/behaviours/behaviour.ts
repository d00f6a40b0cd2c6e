// Owns what one of JumpCloud's status and body rules is, and where rules are known from.
// The tables beside this file are in our own words; behaviours.test.ts holds the simulator to them.

import type { Dialect } from '../../jumpcloud/dialect.ts'
import type { JumpCloud } from '../../jumpcloud/start.ts'
import type { Asking } from '../ask.ts'

export interface Behaviour {
  readonly id: string
  readonly given: string
  readonly source: string
  readonly request: (jumpcloud: JumpCloud) => readonly [line: string, asking?: Asking]
  readonly status: number
  /** What the body holds at least; `EMPTY` for none; left out where JumpCloud's is not known. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly before?: (jumpcloud: JumpCloud) => void
  readonly dialect?: Partial<Dialect>
}

export const EMPTY = Symbol('no body')

export const NOT_FOUND = { message: 'Not Found' }
export const ALREADY_EXISTS = { message: 'Already Exists' }

export const SOURCE = {
  probed: 'measured on the live hosts without a valid key, 2026-08',
  spec: 'official specification, 2026-08',
  observed: 'observed on the real API by the authors of a Terraform provider, 2026-10',
  recorded: 'recorded real answer',
  staff: "verified live by JumpCloud's own command line tool, 2026-07",
  fake: "that Terraform provider's fake; weaker",
  powershell: "the server's rule as JumpCloud's PowerShell module repeats it",
  documentation: 'JumpCloud documentation',
} as const
