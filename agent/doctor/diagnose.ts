// Doctor, put together: reads configuration and policy, gathers the checks of each family, and runs them.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { loadConfiguration } from '../configuration/configuration.ts'
import { jobEffects } from '../policy/job-effects.ts'
import { loadPolicy } from '../policy/policy.ts'
import { agentChecks } from './agent-checks.ts'
import { type Check, nameOfCheck } from './check.ts'
import { connectionChecks } from './connection-checks.ts'
import { type Examination, examine, type Report } from './examine.ts'
import { createRunning, type Ground, type Running } from './ground.ts'
import { hostChecks, type Settings } from './host-checks.ts'
import { planeChecks } from './plane-checks.ts'
import { recordChecks } from './record-checks.ts'
import { withProxyOfService } from './service-proxy.ts'
import { stateChecks } from './state-checks.ts'
import { unitChecks } from './unit-checks.ts'

type Asked = Pick<Examination, 'isOffline'> & Partial<Pick<Examination, 'checkMs' | 'totalMs'>>

/** Changes nothing, and is over within half a minute, whatever does not answer. Never rejects for what is broken on the host. */
export async function diagnose(given: Ground, asked: Asked): Promise<Report> {
  const ground = await withProxyOfService(given)
  const { paths, clock } = ground
  const settings = await readSettings(ground)
  const running = createRunning(ground)
  const { configuration } = settings
  const isRead = !(configuration instanceof SallyportError)
  const words = {
    ...{ CONFIG: paths.configuration, STATE: paths.state, POLICY: paths.policy ?? 'POLICY' },
    PLANE: isRead ? configuration.plane.url : 'PLANE',
  }
  const checks = [
    ...hostChecks({ ground, settings, running }),
    ...stateChecks(ground),
    ...recordChecks(ground, running),
    ...unitChecks(ground),
    ...networkChecks(ground, settings, running),
  ]
  return await examine({ ...asked, checks, clock, words, pathFlags: ground.pathFlags })
}

function networkChecks(ground: Ground, { configuration, policy }: Settings, running: Running): readonly Check[] {
  if (configuration instanceof SallyportError) return agentChecks({ ground, running, neededToWork: [] })
  const named = Object.entries(configuration.connections)
  const ofConnections = named.flatMap(([name, connection]) =>
    connectionChecks({ ground, configuration, policy, running, name, connection }),
  )
  // Of several, one that is broken does not keep the agent from working on the others.
  const [only] = named.length === 1 ? named : []
  const credential = only === undefined ? [] : [nameOfCheck('jumpcloud.credential', only[0])]
  const neededToWork = ['plane.enrolment', ...credential]
  return [
    ...planeChecks({ ground, configuration, running }),
    ...ofConnections,
    ...agentChecks({ ground, running, neededToWork }),
  ]
}

async function readSettings({ paths, files }: Ground): Promise<Settings> {
  const configuration = await loadConfiguration(paths.configuration, files).catch(asFinding)
  if (configuration instanceof SallyportError) return { configuration, policy: undefined }
  const connections = Object.keys(configuration.connections)
  const location = { path: paths.policy, files, jobs: jobEffects(), connections }
  return { configuration, policy: await loadPolicy(location).catch(asFinding) }
}

function asFinding(error: unknown): SallyportError {
  if (error instanceof SallyportError) return error
  throw error
}
