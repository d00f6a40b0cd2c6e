// The checks of the state directory, and of the identity in it. Journal and ledger are in a file of their own.

import { join } from 'node:path'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { openIdentityFile } from '../identity/identity.ts'
import { Secret } from '../vault/secret.ts'
import { catalogue } from './catalogue.ts'
import { asRoot, type Check, fail, ok, type Verdict, warn } from './check.ts'
import type { Ground } from './ground.ts'

const kept = [
  'identity.json',
  'journal.db',
  'journal.db-wal',
  'journal.key',
  'agent.lock',
  'pins.json',
  'ledger',
] as const
/** The key of the journal has a check of its own. */
const closed = kept.filter((name) => name !== 'journal.key')

/** The user that owns what nobody else does (Linux, overflowuid). */
const nobody = 65_534

/** Those in which the agent keeps files. */
const folders = ['ledger', 'secrets'] as const

const mebibytes = 1024 * 1024
const leastFree = { fail: 16 * mebibytes, warn: 256 * mebibytes }
/** Journal, identity and ledger make files beside those that they replace. */
const leastFiles = 32

export function stateChecks(ground: Ground): readonly Check[] {
  const { state } = ground.paths
  return [
    { id: 'state.directory', look: () => lookAtDirectory(ground) },
    { id: 'state.mode', after: ['state.directory'], look: () => lookAtModes(ground) },
    { id: 'state.owner', after: ['state.directory'], look: () => lookAtOwners(ground) },
    { id: 'state.disk', after: ['state.directory'], look: () => lookAtDisk(ground) },
    {
      id: 'identity.valid',
      after: ['state.directory'],
      look: async () => {
        const file = openIdentityFile(state)
        const identity = await file.read().catch((error: unknown) => refusal(error, file.path))
        if ('state' in identity) return identity
        const { agent, replica, plane, key } = identity
        ground.guard.protect(new Secret(key.d), 'replica key')
        return ok(`replica ${replica} of agent ${agent} at control plane ${plane.id}`)
      },
    },
  ]
}

/** `enrol` replaces no file that it cannot read. */
function refusal(error: unknown, path: string): Verdict {
  if (!(error instanceof SallyportError) || error.code !== 'identity_invalid') throw error
  return fail(error.message, `mv ${path} ${path}.old && ${catalogue['identity.valid'].mend}`)
}

async function lookAtDirectory(ground: Ground): Promise<Verdict> {
  const { surroundings, paths } = ground
  const { state } = paths
  if (await surroundings.isClosed(state)) {
    if (await isContained(ground)) {
      const { uid } = surroundings
      const why = `${state} is closed to user ${uid}, which the agent of this container is`
      return fail(`${why}; give that user the directory that it is mounted from`, `chown -R ${uid} ${state}`)
    }
    return fail(`${state} is closed to this user; only root and the user of the agent can look at it`, asRoot)
  }
  const seen = await surroundings.see(state)
  if (seen === undefined) return fail(`there is no ${state}`)
  return seen.kind === 'directory'
    ? ok(state)
    : fail(`${state} is no directory`, `mv ${state} ${state}.old && install -d -m 0700 ${state}`)
}

/** By the bits, because root may do everything. */
async function lookAtModes(ground: Ground): Promise<Verdict> {
  const { surroundings, paths } = ground
  const { state } = paths
  if (!(await surroundings.isWritable(state))) {
    return fail(`${state} lies on a file system that is mounted read-only`, `mount -o remount,rw ${state}`)
  }
  const mode = (await surroundings.see(state))?.mode ?? 0
  if ((mode & 0o700) !== 0o700) return fail(`the mode ${octal(mode)} of ${state} does not let its own user write there`)
  if (await isContained(ground)) return ok('a volume of a container, which closes it to others')
  for (const path of [state, ...closed.map((name) => join(state, name))]) {
    const seen = await surroundings.see(path)
    if (seen === undefined) continue
    if ((seen.mode & 0o077) !== 0) return fail(`the mode ${octal(seen.mode)} gives ${path} to others on this host`)
    const needed = seen.kind === 'directory' ? 0o700 : 0o600
    if ((seen.mode & needed) !== needed) {
      return fail(`the mode ${octal(seen.mode)} of ${path} does not let its own user write it`)
    }
  }
  return ok('for the user of the agent alone')
}

/** Whoever mounts a volume gives it the modes and the group that they like. */
async function isContained({ environment, surroundings }: Ground): Promise<boolean> {
  if (environment.KUBERNETES_SERVICE_HOST !== undefined) return true
  const marks = await Promise.all(['/.dockerenv', '/run/.containerenv'].map(surroundings.see))
  return marks.some((mark) => mark !== undefined)
}

async function lookAtOwners(ground: Ground): Promise<Verdict> {
  const { surroundings, paths } = ground
  const { state } = paths
  const owner = await ownerOf(ground)
  const inside = await Promise.all(
    folders.map(async (name) => (await surroundings.list(join(state, name))).map((one) => join(name, one))),
  )
  for (const name of [...(await surroundings.list(state)), ...inside.flat()]) {
    const path = join(state, name)
    const seen = await surroundings.see(path)
    if (seen !== undefined && seen.uid !== owner) {
      return fail(`${path} belongs to user ${seen.uid}, and the agent is user ${owner}`)
    }
  }
  return ok(`all of user ${owner}`)
}

/**
 * The root of a volume may be root's, and what lies in it the agent's. systemd from 257 on has the state of a service without a user
 * of its own be nobody's on the disk, and maps that to the user of the service.
 */
async function ownerOf({ surroundings, paths }: Ground): Promise<number | undefined> {
  const [socket, directory] = await Promise.all([paths.socket, paths.state].map(surroundings.see))
  if (socket !== undefined && directory?.uid !== nobody) return socket.uid
  return directory?.uid === 0 ? surroundings.uid : directory?.uid
}

async function lookAtDisk({ surroundings, paths: { state } }: Ground): Promise<Verdict> {
  const { freeBytes, freeFiles } = await surroundings.room(state)
  const says = `${Math.floor(freeBytes / mebibytes)} MiB are free at ${state}`
  if (freeBytes < leastFree.fail) return fail(says)
  if (freeFiles !== undefined && freeFiles < leastFiles) {
    return fail(`${says}, and no more than ${freeFiles} files can be made there`, `df -i ${state}`)
  }
  return freeBytes < leastFree.warn ? warn(says) : ok(says)
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
