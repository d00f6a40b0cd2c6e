// The proxy variables of the service in place of those of the shell: doctor goes the way that the agent goes. What an
// EnvironmentFile= of the unit says is not seen.

import type { Ground } from './ground.ts'

const variables = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'] as const
const patienceMs = 3000

/** As it was, where systemd has no unit for the agent of this state directory. */
export async function withProxyOfService(ground: Ground): Promise<Ground> {
  const { surroundings, environment, clock, isOfService } = ground
  if (!isOfService) return ground
  const late = new AbortController()
  const stopTimer = clock.after(patienceMs, () => late.abort())
  const words = ['show', 'sallyport.service', '--property=LoadState', '--property=Environment']
  const text = (await surroundings.ask('systemctl', words, late.signal).finally(stopTimer)) ?? ''
  if (!/^LoadState=loaded$/m.test(text)) return ground
  const [, set = ''] = /^Environment=(.*)$/m.exec(text) ?? []
  const ofService = Object.fromEntries(variables.map((name) => [name, assignedTo(name, set)]))
  return { ...ground, environment: { ...environment, ...ofService } }
}

/** systemd quotes an assignment as a whole where there is white space in it. */
function assignedTo(name: string, set: string): string | undefined {
  const [, quoted, plain] = new RegExp(`(?:^| )(?:"${name}=([^"]*)"|${name}=(\\S*))`).exec(set) ?? []
  return quoted ?? plain
}
