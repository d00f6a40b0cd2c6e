// The systemd unit of the agent, where there is one, and the command that starts what runs here.

import type { Ground } from './ground.ts'

export const unit = 'sallyport.service'
/** There where systemd runs the host (sd_booted(3)). */
const bootedBySystemd = '/run/systemd/system'

type Host = Pick<Ground, 'surroundings'>

/** Why there is nothing to say of the unit; undefined where there is one. */
export async function lackOfUnit({ surroundings }: Host, signal: AbortSignal): Promise<string | undefined> {
  if ((await surroundings.see(bootedBySystemd)) === undefined) return 'this host is not run by systemd'
  return (await propertyOf('LoadState', surroundings, signal)) === 'loaded' ? undefined : `there is no unit ${unit}`
}

export async function propertyOf(
  name: string,
  surroundings: Host['surroundings'],
  signal: AbortSignal,
): Promise<string | undefined> {
  const text = await surroundings.ask('systemctl', ['show', unit, `--property=${name}`, '--value'], signal)
  return text?.trim()
}

/** An agent that does not answer is started anew. What failed already will again: its log says why. */
export async function startCommand(ground: Ground, signal: AbortSignal): Promise<string> {
  const isUnit = ground.isOfService && (await lackOfUnit(ground, signal)) === undefined
  if (!isUnit) return 'sallyport start'
  const state = await propertyOf('ActiveState', ground.surroundings, signal)
  return state === 'failed' || state === 'activating' ? 'journalctl -u sallyport -n 50' : 'systemctl restart sallyport'
}
