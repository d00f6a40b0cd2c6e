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
  /** A fault begins; returns what is called when it is over. */
  readonly onFault: (fault: Fault) => () => void
  /** The replica that has the run of this submission now; undefined while none has it, or nobody knows. */
  holderOf(submission: number): Promise<ReplicaHost | undefined>
}

const lookingTries = 20

export async function inflict(victims: Victims, fault: Fault): Promise<void> {
  const over = victims.onFault(fault)
  await inflictNow(victims, fault).finally(over)
}

async function inflictNow(victims: Victims, fault: Fault): Promise<void> {
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
    case 'lose_writer':
      return await loseWriter(victims, fault)
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

/** It is looked for a while: the run may not have been sent yet. */
async function loseWriter(victims: Victims, fault: Extract<Fault, { readonly kind: 'lose_writer' }>): Promise<void> {
  const { number, how, downMs } = fault
  for (let tries = 0; tries < lookingTries; tries += 1) {
    const holder = await victims.holderOf(number)
    if (holder?.isUp === true) {
      const loss = { replica: victims.replicas.indexOf(holder), far: 'plane' } as const
      return await inflict(
        victims,
        how === 'held'
          ? { ...loss, kind: 'weather', report: { kind: 'held' }, forMs: downMs }
          : { ...loss, kind: 'crash', how, downMs },
      )
    }
    await victims.clock.sleep(100)
  }
}

function hostOf({ plane, replicas }: Victims, replica: number | 'plane') {
  return replica === 'plane' ? plane : (replicas[replica] ?? nobody())
}

function nobody(): never {
  throw new Error('the schedule names a replica that the world does not have')
}
