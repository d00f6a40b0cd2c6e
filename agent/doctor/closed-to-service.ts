// What root reads, and the service, which is another user, cannot: doctor, run as root, would find it in order.

import { dirname } from 'node:path'
import { fail, type Verdict } from './check.ts'
import { type Ground, ifRunning, type Running } from './ground.ts'
import { lackOfUnit } from './unit.ts'

export type Asked = { readonly path: string; readonly ground: Ground; readonly running: Running }

/** Undefined where nothing tells of that; a service that runs has read it. */
export async function closedToService(
  { path, ground, running }: Asked,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  const { surroundings, isOfService } = ground
  if (!isOfService || surroundings.uid !== 0 || (await ifRunning(running)) !== undefined) return undefined
  if ((await lackOfUnit(ground, signal)) !== undefined) return undefined
  const places = [
    { place: dirname(path), bits: 0o011, mode: 'a+x' },
    { place: path, bits: 0o044, mode: 'a+r' },
  ]
  for (const { place, bits, mode } of places) {
    const seen = await surroundings.see(place)
    if (seen?.uid === 0 && (seen.mode & bits) === 0)
      return fail(`${place} is closed to all but root, and the service is another user`, `chmod ${mode} ${place}`)
  }
  return undefined
}
