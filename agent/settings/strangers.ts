// Whose the files of the settings are. A container may mount them as anybody's, so that a stranger's is told of and not refused.

import type { Surroundings } from '../ports/surroundings.ts'

export type Stranger = { readonly path: string; readonly says: string; readonly mend: string }

type Asking = {
  /** Undefined for one that nobody named. */
  readonly paths: readonly (string | undefined)[]
  readonly state: string
  readonly surroundings: Pick<Surroundings, 'see' | 'uid'>
}

/** Those that belong neither to root, nor to the user of this process, nor to the owner of the state directory. */
export async function strangersAmong({ paths, state, surroundings }: Asking): Promise<readonly Stranger[]> {
  const ours = new Set([0, surroundings.uid, (await surroundings.see(state))?.uid])
  const seen = await Promise.all(
    paths.map(async (path) => {
      const uid = path === undefined ? undefined : (await surroundings.see(path))?.uid
      return path === undefined || uid === undefined || ours.has(uid) ? [] : [strangerOf(path, uid)]
    }),
  )
  return seen.flat()
}

function strangerOf(path: string, uid: number): Stranger {
  const says = `${path} belongs to user ${uid}, who is neither root nor the user of the agent, and can change what it says`
  return { path, says, mend: `chown root ${path}` }
}
