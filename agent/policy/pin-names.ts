// Finds out who has the names that a policy allows, and pins those that nobody pinned before.

import type { JumpCloudReads } from '../jumpcloud/port.ts'
import { listedGroup } from '../jumpcloud/user-group.ts'
import type { PinFile } from './pin-file.ts'
import { type Pin, type Pins, pinOf } from './pins.ts'

/** The ids of all groups that have exactly this name, by name. Rejects with the error of JumpCloud. */
export async function ownersOf(
  jumpcloud: JumpCloudReads,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const owners = new Map(names.map((name): [string, string[]] => [name, []]))
  // Compared here: JumpCloud's own filter takes wildcards and breaks at a comma (JumpCloud reference 5.3 [S]).
  const groups = jumpcloud.list({
    operation: 'look up the groups that the policy names',
    path: '/api/v2/usergroups',
    sort: 'id',
    row: listedGroup,
    idOf: ({ id }) => id,
  })
  for await (const { id, name } of groups) owners.get(name)?.push(id)
  return owners
}

export type Pinning = {
  readonly file: PinFile
  readonly connection: string
  readonly names: readonly string[]
  readonly jumpcloud: JumpCloudReads
  /** A person says that whoever has a name now shall have it. */
  readonly anew?: true
}

/** Durable when it resolves. Rejects with the error of JumpCloud, of the file or of the disk, and then nothing is pinned. */
export async function pinNames({ file, connection, names, jumpcloud, anew }: Pinning): Promise<Pins> {
  const owners = await ownersOf(jumpcloud, names)
  const kept = await file.read()
  const known = new Map(Object.entries(kept.connections[connection]?.groups ?? {}))
  const pins = new Map(
    names.map((name): [string, Pin] => {
      const of = owners.get(name) ?? []
      return [name, pinOf(anew && of.length > 0 ? undefined : known.get(name), of)]
    }),
  )
  const fresh = [...pins].flatMap(([name, pin]) => (pin.state === 'pinned' ? [[name, pin.id] as const] : []))
  if (fresh.some(([name, id]) => known.get(name) !== id)) {
    const groups = Object.fromEntries([...known, ...fresh])
    await file.write({ version: 1, connections: { ...kept.connections, [connection]: { groups } } })
  }
  return pins
}
