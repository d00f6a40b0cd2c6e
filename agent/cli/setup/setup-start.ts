// The last part of setup: the service is started, and ready.

import { SallyportError } from '@sallyport/protocol'
import { z } from 'zod'
import { type Asked, askAgent } from '../../listen/ask.ts'
import { socketPath } from '../../listen/socket-path.ts'
import { type Clock, systemClock } from '../../ports/clock.ts'
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
  const reasons = await untilReady({ ask: () => askAgent(path, 'GET', '/readyz'), clock: systemClock })
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

export type Awaiting = {
  readonly ask: () => Promise<Asked>
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
}

/** Why it is not ready in the end; empty where it is. An agent that hangs is slow to be asked, and that counts, too. */
export async function untilReady({ ask, clock }: Awaiting): Promise<readonly string[]> {
  const begunAt = clock.monotonic()
  for (;;) {
    const { ready, reasons } = await ask().then(
      ({ body }) => health.parse(body),
      (error: unknown) => ({ ready: false, reasons: [error instanceof Error ? error.message : 'it does not answer'] }),
    )
    if (ready || clock.monotonic() - begunAt >= patienceMs) return ready ? [] : reasons
    await clock.sleep(lookMs)
  }
}
