// Who may change the files of the settings. A container may mount them as anybody's, so that a stranger's is told of and not refused.

import type { Seen, Surroundings } from '../ports/surroundings.ts'

export type Stranger = { readonly path: string; readonly says: string; readonly mend: string }

type Asking = {
  /** Undefined for one that nobody named. */
  readonly paths: readonly (string | undefined)[]
  readonly state: string
  readonly surroundings: Pick<Surroundings, 'see' | 'uid'>
}

/**
 * Those that belong neither to root, nor to the user of this process, nor to the owner of the state directory, and those that everybody
 * may write.
 */
export async function strangersAmong({ paths, state, surroundings }: Asking): Promise<readonly Stranger[]> {
  const ours = new Set([0, surroundings.uid, (await surroundings.see(state))?.uid])
  const seen = await Promise.all(
    paths.map(async (path) => {
      const there = path === undefined ? undefined : await surroundings.see(path)
      return path === undefined || there === undefined ? [] : strangersOf(path, there, ours)
    }),
  )
  return seen.flat()
}

function strangersOf(path: string, { uid, mode }: Seen, ours: ReadonlySet<number | undefined>): readonly Stranger[] {
  if (!ours.has(uid)) {
    const says = `${path} belongs to user ${uid}, who is neither root nor the user of the agent, and can change what it says`
    return [{ path, says, mend: `chown root ${path}` }]
  }
  if ((mode & 0o002) === 0) return []
  const says = `${path} may be written by everybody on this host, who can change what it says`
  return [{ path, says, mend: `chmod o-w ${path}` }]
}
