// Signs with a key in a file, made on the first start. The file also holds the id of the plane: a back-up of it is whole.

import type { KeyStatement } from '@sallyport/protocol'
import { type Clock, systemClock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { type KeyFile, readKeyFile, readOrMakeKeyFile, writeKeyFile } from './key-file.ts'
import { openSigningKey, type SigningKey } from './sign-compact.ts'
import type { Signer } from './signer.ts'

export type FileSignerOptions = {
  readonly path: string
  readonly random: Random
  readonly clock?: Pick<Clock, 'now'>
}

type InForce = {
  readonly key: SigningKey
  readonly statement: string
  readonly announcement: string | undefined
}

/**
 * While the key is rotated the former one goes on signing, because every agent has pinned it; from the instant on at which the
 * next one follows, only that signs, and the former one is wiped from the file. Throws `configuration_invalid` naming the file.
 */
export async function createFileSigner(options: FileSignerOptions): Promise<Signer> {
  const { path, random, clock = systemClock } = options
  const current = async (file: KeyFile): Promise<KeyFile> => {
    if (file.next === undefined || clock.now() < file.next.from) return file
    const next = followed(file, file.next)
    await writeKeyFile(path, next)
    return next
  }
  let file = await current(await readOrMakeKeyFile(path, random))
  let phases = open(file, path)
  const inForce = (): InForce => {
    const { now, next } = phases
    return next !== undefined && clock.now() >= next.from ? next : now
  }
  const refresh = async () => {
    file = await current((await readKeyFile(path)) ?? file)
    phases = open(file, path)
  }
  return {
    plane: file.plane,
    get kid() {
      return inForce().key.kid
    },
    get statement() {
      return inForce().statement
    },
    get announcement() {
      return inForce().announcement
    },
    sign: (type, payload) => inForce().key.sign(type, payload),
    refresh,
  }
}

function open({ plane, version, key, announcement, next }: KeyFile, path: string) {
  const own = openSigningKey(key, path)
  const other = next && openSigningKey(next.key, path)
  const now = { key: own, statement: statementOf(plane, version, other ? [own, other] : [own]), announcement }
  if (next === undefined || other === undefined) return { now, next: undefined }
  const statement = statementOf(plane, next.version, [other])
  return { now, next: { from: next.from, key: other, statement, announcement: next.announcement } }
}

function followed({ plane }: KeyFile, { from: _, ...next }: NonNullable<KeyFile['next']>): KeyFile {
  return { plane, ...next }
}

function statementOf(plane: string, version: number, keys: readonly SigningKey[]): string {
  const statement: KeyStatement = { plane, version, keys: keys.map(({ kid, x }) => ({ kid, x })) }
  return JSON.stringify(statement)
}
