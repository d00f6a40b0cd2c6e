// The command `policy show`: what is in force, with the ids that names are pinned to.

import type { Host } from '../host.ts'
import { type PathFlags, usualPolicy } from '../paths.ts'
import { readSettings } from '../read-settings.ts'

export type PolicyShowFlags = PathFlags & { readonly json?: true }

/** Throws `policy_invalid` where the file or the pins cannot be used. */
export async function policyShow({ json, ...flags }: PolicyShowFlags, host: Host): Promise<void> {
  const { paths, policy, policyHome } = await readSettings(flags, host)
  const { connections: kept } = await policyHome.pinFile.read()
  const isPanic = policyHome.panic.isOn()
  const { digest, jobs, replicas } = policy
  const connections = Object.fromEntries(
    policy.connections.map((name) => {
      const pins = kept[name]?.groups ?? {}
      return [name, { ...policy.rulesOf(name), pins }]
    }),
  )
  if (json) {
    const shown = { file: paths.policy ?? null, digest, isPanic, replicas, jobs, connections }
    return host.print(JSON.stringify(shown))
  }
  if (isPanic) host.print('everything is denied: "sallyport panic --lift" ends it')
  host.print(digest === null ? `no policy file at ${usualPolicy}` : `${paths.policy}, digest ${digest}`)
  host.print(`jobs: ${jobs.join(', ')}`)
  for (const [name, rules] of Object.entries(connections)) {
    host.print(`${name}:`)
    for (const [key, value] of Object.entries(rules)) host.print(`  ${key}: ${JSON.stringify(value)}`)
  }
}
