// The command `policy check`.

import type { Host } from '../host.ts'
import { type PathFlags, usualPolicy } from '../paths.ts'
import { readSettings } from '../read-settings.ts'

/** Reads configuration and policy as `start` would, and says what is in force. */
export async function policyCheck(flags: PathFlags, host: Host): Promise<void> {
  const { paths, policy, strangers } = await readSettings(flags, host)
  for (const { says, mend } of strangers) host.complain(`${says}; run: ${mend}`)
  host.print(
    policy.digest === null
      ? `no policy file at ${usualPolicy}: plain reads alone are allowed (${[...policy.jobs].join(', ')})`
      : `${paths.policy}: valid, digest ${policy.digest}; jobs: ${[...policy.jobs].join(', ')}`,
  )
}
