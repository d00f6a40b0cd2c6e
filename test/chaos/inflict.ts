// What a fault does to a world, and that it passes: when the promise resolves, it is over.

import type { JumpCloud } from '../support/jumpcloud/start.ts'
import type { Drain } from './evidence.ts'
import type { Fault } from './fault.ts'
import type { PlaneHost } from './plane-host.ts'
import type { ReplicaHost } from './replica-host.ts'
import type { VirtualClock } from './virtual-clock.ts'

export type Victims = {
  readonly clock: VirtualClock
  readonly plane: PlaneHost
  readonly replicas: readonly ReplicaHost[]
  readonly simulator: Pick<JumpCloud, 'pull'>
  readonly onDrain: (drain: Drain) => void
}

export async function inflict(victims: Victims, fault: Fault): Promise<void> {
  const { clock, plane, simulator } = victims
  switch (fault.kind) {
    case 'plane_crash':
      plane.crash()
      await clock.sleep(fault.downMs)
      return await plane.start()
    case 'plane_restart':
      await plane.stop()
      await clock.sleep(fault.downMs)
      return await plane.start()
    case 'jumpcloud': {
      const { name, options } = fault.lever
      const lever = simulator.pull(name, options)
      await clock.sleep(fault.forMs)
      return lever.release()
    }
    case 'clock_jump':
      return hostOf(victims, fault.replica).jump(fault.ms)
    default:
      return await inflictOn(victims, victims.replicas[fault.replica] ?? nobody(), fault)
  }
}

type OfReplica = Extract<Fault, { readonly kind: 'cut' | 'strand' | 'weather' | 'crash' | 'drain' }>

async function inflictOn({ clock, onDrain }: Victims, replica: ReplicaHost, fault: OfReplica): Promise<void> {
  switch (fault.kind) {
    case 'cut':
      return replica.link(fault.far)?.cut()
    case 'strand':
      return replica.link(fault.far)?.strand(fault.end)
    case 'weather': {
      const link = replica.link(fault.far)
      link?.become(fault.report)
      await clock.sleep(fault.forMs)
      return link?.become({ kind: 'fair' })
    }
    case 'crash':
      replica.crash(fault.how)
      await clock.sleep(fault.downMs)
      return await replica.start()
    case 'drain': {
      if (!replica.isUp) return
      const askedAtMs = clock.elapsedMs()
      if (fault.hurriedAfterMs !== null) clock.after(fault.hurriedAfterMs, replica.hurry)
      await replica.drain()
      onDrain({ replica: replica.name, askedAtMs, endedAtMs: clock.elapsedMs() })
      await clock.sleep(fault.downMs)
      return await replica.start()
    }
  }
}

function hostOf({ plane, replicas }: Victims, replica: number | 'plane') {
  return replica === 'plane' ? plane : (replicas[replica] ?? nobody())
}

function nobody(): never {
  throw new Error('the schedule names a replica that the world does not have')
}
