// Signs with a key in a file, made on the first start. The file also holds the id of the plane: a back-up of it is whole.

import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { bytes32, type KeyStatement, SallyportError, type SignedType } from '@sallyport/protocol'
import { z } from 'zod'
import type { Random } from '../ports/random.ts'
import type { Signer } from './signer.ts'
import { thumbprint } from './thumbprint.ts'

const keyFile = z.object({
  plane: z.string().min(1).max(64),
  version: z.int().min(1).describe('of the key statement'),
  key: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: bytes32, d: bytes32 }),
})
type KeyFile = z.infer<typeof keyFile>

/** Ed25519. The file is JSON, 0600, with the key as a JWK (RFC 8037). Throws `configuration_invalid` naming the file. */
export async function createFileSigner({ path, random }: { path: string; random: Random }): Promise<Signer> {
  const file = (await readKeyFile(path)) ?? (await makeKeyFile(path, random))
  const privateKey = readPrivateKey(path, file)
  const kid = thumbprint(file.key.x)
  const statement: KeyStatement = { plane: file.plane, version: file.version, keys: [{ kid, x: file.key.x }] }
  return {
    plane: file.plane,
    kid,
    statement: JSON.stringify(statement),
    sign: (type, payload) => signCompact({ kid, type, payload: JSON.stringify(payload), privateKey }),
  }
}

type Signing = {
  readonly kid: string
  readonly type: SignedType
  readonly payload: string
  readonly privateKey: KeyObject
}

function signCompact({ kid, type, payload, privateKey }: Signing): string {
  const header = Buffer.from(JSON.stringify({ alg: 'EdDSA', typ: type, kid })).toString('base64url')
  const text = `${header}.${Buffer.from(payload).toString('base64url')}`
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`
}

/** Undefined where there is no file. */
async function readKeyFile(path: string): Promise<KeyFile | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return undefined
    throw broken(path, 'it cannot be read', cause)
  }
  try {
    return keyFile.parse(JSON.parse(text))
  } catch {
    // The cause is left out: a parser's message may quote the text, and the text is the key.
    throw broken(path, 'it is not in the form that this version writes')
  }
}

async function makeKeyFile(path: string, random: Random): Promise<KeyFile> {
  const made = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const file = keyFile.parse({ plane: `pl_${random.bytes(12).toString('base64url')}`, version: 1, key: made })
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    // Exclusive: of two processes that start together, one makes the key and the other reads it.
    await using handle = await open(path, 'wx', 0o600)
    await handle.writeFile(`${JSON.stringify(file)}\n`)
    await handle.sync()
  } catch (cause) {
    const other = isCode(cause, 'EEXIST') ? await readKeyFile(path) : undefined
    if (other === undefined) throw broken(path, 'it cannot be written', cause)
    return other
  }
  return file
}

function readPrivateKey(path: string, { key }: KeyFile): KeyObject {
  try {
    return createPrivateKey({ key, format: 'jwk' })
  } catch {
    throw broken(path, 'its key is no Ed25519 key')
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function broken(path: string, why: string, cause?: unknown): SallyportError {
  const message = `load the signing key ${path}: ${why}. Restore it from a back-up: agents trust this key alone.`
  return new SallyportError('configuration_invalid', message, cause === undefined ? {} : { cause })
}
