// What `token test` says of one credential: for people a table, for programs the same as data.

import type { Capability, ErrorCode } from '@sallyport/protocol'
import { excessOf, isWrite, jobsOfFamily, whyOf } from '../../connections/probe-families.ts'
import type { Family } from '../../jumpcloud/families.ts'
import type { Organisation } from '../../jumpcloud/organisation.ts'

export type TokenReport = {
  readonly name: string
  readonly error: { readonly code: ErrorCode; readonly message: string } | null
  /** Null where the role may not list organisations, too. */
  readonly organisation: { readonly id: string; readonly name: string | null } | null
  readonly capabilities: readonly CapabilityRow[]
  /** Families that it can read although no job that the policy allows needs them. */
  readonly excess: readonly string[]
  /** Whether the policy allows anything to be changed; null where it could not be read. */
  readonly writes: boolean | null
}

type CapabilityRow = Capability & { readonly why: string; readonly neededBy: readonly string[] }

export type Findings = {
  readonly families: readonly Family[]
  readonly capabilities: readonly Capability[]
  /** Jobs that the policy allows on the connection; undefined where it could not be read. */
  readonly allowed: readonly string[] | undefined
}

/** What there is to say where JumpCloud takes the credential. */
export function reportOf(name: string, organisation: Organisation | undefined, findings: Findings): TokenReport {
  const { families, capabilities, allowed } = findings
  const rows = capabilities.map((capability) => {
    const family = families.find((one) => one.name === capability.family)
    const neededBy = family === undefined ? [] : jobsOfFamily(family, allowed ?? [])
    return { ...capability, why: whyOf(capability), neededBy }
  })
  return {
    ...{ name, error: null, capabilities: rows },
    organisation: organisation === undefined ? null : { id: organisation._id, name: organisation.displayName ?? null },
    excess: allowed === undefined ? [] : excessOf(capabilities, families, allowed),
    writes: allowed === undefined ? null : allowed.some(isWrite),
  }
}

export function reportLines({ name, error, organisation, ...found }: TokenReport): readonly string[] {
  if (error !== null) return [`${name}: no: ${error.code}: ${error.message}`]
  const whose =
    organisation === null
      ? 'whose role may not list organisations'
      : `for organisation ${organisation.id} (${organisation.name ?? 'no name'})`
  return [
    `${name}: yes: JumpCloud takes it, ${whose}`,
    ...table(found.capabilities).map((line) => `  ${line}`),
    ...adviceOn(found).map((line) => `  ${line}`),
  ]
}

function table(rows: readonly CapabilityRow[]): readonly string[] {
  const cells = [
    ['FAMILY', 'CAN', 'NEEDED BY', 'WHY'],
    ...rows.map(({ family, state, neededBy, why }) => [family, state, neededBy.join(', ') || '-', why]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

type Found = Pick<TokenReport, 'capabilities' | 'excess' | 'writes'>

function adviceOn({ capabilities, excess, writes }: Found): readonly string[] {
  const missing = capabilities.filter(({ state, neededBy }) => state === 'no' && neededBy.length > 0)
  return [
    ...missing.map(
      ({ family, neededBy }) => `missing: ${family}, which the policy allows ${neededBy.join(', ')} to use`,
    ),
    ...(excess.length === 0
      ? []
      : [`more than needed: ${excess.join(', ')}; no job that the policy allows needs that, a narrower role would do`]),
    ...(writes === null ? ['the policy could not be read, so nothing is said of what it needs'] : []),
    ...(writes === false ? adviceOnWriting(capabilities) : []),
  ]
}

/** Where the policy allows no change. */
function adviceOnWriting(capabilities: Found['capabilities']): readonly string[] {
  const unproven = capabilities.filter(({ state }) => state === 'unproven')
  if (unproven.length === 0) return []
  if (unproven.length === capabilities.length)
    return ['more than needed: this credential is for changes alone, and the policy allows none here; remove it']
  return [
    'the policy allows no change here. What this credential may change JumpCloud does not say without a change, so it stays unproven; a Read Only role is enough',
  ]
}
