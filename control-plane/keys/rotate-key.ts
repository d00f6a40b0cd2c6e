// Begins the rotation of the signing key: another key is made, and a statement that names both is signed by the one that agents
// have pinned. What is in force when, the signer knows.

import { type KeyStatement, SallyportError, signedTypes } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import { makePrivateJwk, readKeyFile, writeKeyFile } from './key-file.ts'
import { openSigningKey, type SigningKey } from './sign-compact.ts'

export type RotateOptions = {
  readonly path: string
  readonly clock: Pick<Clock, 'now'>
  /** How long both keys are valid: an agent that does not connect in this time has to be enrolled again. */
  readonly overlapMs: number
}

export type Rotation = {
  readonly kid: string
  readonly nextKid: string
  /** When the next one follows, and the former is wiped. */
  readonly from: number
}

/** Throws `request_invalid` without an overlap and while a rotation is under way, `configuration_invalid` where the file cannot be used. */
export async function rotateKey({ path, clock, overlapMs }: RotateOptions): Promise<Rotation> {
  if (overlapMs === 0) {
    const message =
      'rotate the signing key: without an overlap no agent learns of the next one, and each has to be enrolled again. Name an --overlap; nothing was changed.'
    throw new SallyportError('request_invalid', message)
  }
  const file = await readKeyFile(path)
  if (file === undefined) {
    throw new SallyportError('configuration_invalid', `rotate the signing key ${path}: there is none.`)
  }
  if (file.next !== undefined) {
    const from = new Date(file.next.from).toISOString()
    const message = `rotate the signing key: another rotation is under way, until ${from}. Let it end first.`
    throw new SallyportError('request_invalid', message)
  }
  const { plane, version, key } = file
  const nextKey = makePrivateJwk()
  const [own, next] = [openSigningKey(key, path), openSigningKey(nextKey, path)]
  const from = clock.now() + overlapMs
  const announce = (by: SigningKey, number: number, keys: readonly SigningKey[]) => {
    const statement: KeyStatement = { plane, version: number, keys: keys.map(({ kid, x }) => ({ kid, x })) }
    return by.sign(signedTypes.keys, statement)
  }
  await writeKeyFile(path, {
    ...{ plane, version: version + 1, key },
    announcement: announce(own, version + 1, [own, next]),
    next: { version: version + 2, key: nextKey, announcement: announce(next, version + 2, [next]), from },
  })
  return { kid: own.kid, nextKid: next.kid, from }
}
