// The last part of setup: the service is started, and ready.

import { SallyportError } from '@sallyport/protocol'
import { z } from 'zod'
import { askAgent } from '../../listen/ask.ts'
import { socketPath } from '../../listen/socket-path.ts'
import { systemClock } from '../../ports/clock.ts'
import type { Checked, SetupFlags, SetupHost, SetupPaths } from './setup-host.ts'

export type Starting = { readonly flags: SetupFlags; readonly paths: SetupPaths; readonly checked: Checked }

const patienceMs = 30_000
const lookMs = 250

/** What to do next, in words. Throws `agent_not_ready` where it does not come up. */
export async function startAndWait({ flags, paths, checked }: Starting, host: SetupHost): Promise<string> {
  if (!host.service.isThere || !flags.start) {
    const files = `--config ${paths.configuration} --policy ${paths.policy} --state ${paths.state}`
    return host.service.isThere ? 'systemctl enable --now sallyport' : `sallyport start ${files}`
  }
  const { ok, said } = await host.service.start()
  if (!ok) throw new SallyportError('agent_not_ready', `start the service: ${said}. See: sallyport doctor`)
  const path = socketPath(paths.state, host.environment)
  const reasons = await untilReady(path)
  if (reasons.length > 0) {
    const why = reasons.join('; ')
    throw new SallyportError(
      'agent_not_ready',
      `start the service: it runs, and takes no work yet: ${why}. See: sallyport doctor`,
    )
  }
  checked.push('the service runs, is enabled for the next boot, and has its session')
  return 'sallyport doctor'
}

const health = z.looseObject({ ready: z.boolean(), reasons: z.array(z.string()) })

/** Empty where it is. */
async function untilReady(path: string): Promise<readonly string[]> {
  for (let waitedMs = 0; ; waitedMs += lookMs) {
    const { ready, reasons } = await askAgent(path, 'GET', '/readyz').then(
      ({ body }) => health.parse(body),
      (error: unknown) => ({ ready: false, reasons: [error instanceof Error ? error.message : 'it does not answer'] }),
    )
    if (ready || waitedMs >= patienceMs) return ready ? [] : reasons
    await systemClock.sleep(lookMs)
  }
}
