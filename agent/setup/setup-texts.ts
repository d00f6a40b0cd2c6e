// The texts of the two files that setup writes. Values are JSON, which is YAML too; the words around them are for the person who
// changes the file next.

import type { BaseUrls, Region } from '../jumpcloud/regions.ts'

export type SetupConnection = {
  readonly name: string
  readonly hosts: Region | BaseUrls
  /** Where several organisations were seen. */
  readonly organisationId: string | undefined
  /** As the configuration names it: `{ systemd: main }` or `{ file: /… }`. */
  readonly credential: Readonly<Record<string, string>>
  readonly way: LegText
}

/** Keys and values of a leg, as docs/egress.md has them. */
export type LegText = Readonly<Record<string, unknown>>

export type SetupPlane = { readonly url: string; readonly way: LegText }

export function configurationText(
  plane: SetupPlane,
  { name, hosts, organisationId, credential, way }: SetupConnection,
): string {
  const lines = [
    '# Sallyport: where things are. What is allowed is in policy.yaml.',
    '',
    '# The control plane. A proxy or a certificate authority of your own: docs/egress.md',
    `plane: ${JSON.stringify({ url: plane.url, ...plane.way })}`,
    '',
    '# JumpCloud organisations, each under a name that the policy uses.',
    'connections:',
    `  ${name}:`,
    typeof hosts === 'string' ? `    region: ${hosts}` : `    baseUrls: ${JSON.stringify(hosts)}`,
    ...(organisationId === undefined ? [] : [`    organisationId: ${JSON.stringify(organisationId)}`]),
    '    # Never the key itself: where it is.',
    `    credential: ${JSON.stringify(credential)}`,
    ...Object.entries(way).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`),
  ]
  return `${lines.join('\n')}\n`
}

export function policyText(connection: string, jobs: readonly string[]): string {
  const lines = [
    '# Sallyport: what the control plane may have done here. Nothing that is not named is allowed, and nothing changes this file',
    '# but you. "sallyport policy check" reads it, "sallyport policy test JOB PARAMS" says what it would decide.',
    '',
    'version: 1',
    'connections:',
    `  ${connection}:`,
    '    # Reads alone. Jobs that change something are named one by one, with the groups that they may change.',
    '    allow:',
    ...jobs.map((job) => `      - ${job}`),
  ]
  return `${lines.join('\n')}\n`
}
