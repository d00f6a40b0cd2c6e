// The file of the signing key, as it lies on the disk: the key that signs, and while it is rotated the one that follows.

import { generateKeyPairSync } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { bytes32, SallyportError } from '@sallyport/protocol'
import { z } from 'zod'
import type { Random } from '../ports/random.ts'

const privateJwk = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: bytes32, d: bytes32 })
export type PrivateJwk = z.infer<typeof privateJwk>

const signing = z.object({
  version: z.int().min(1).describe('of the key statement'),
  key: privateJwk,
  announcement: z
    .string()
    .optional()
    .describe('the statement, signed by a key that agents pin; absent for the first one'),
})

/** `next` follows at `from`, in milliseconds since 1970; until then both keys are in the statement. */
const keyFile = signing.extend({
  plane: z.string().min(1).max(64),
  next: signing.extend({ from: z.int() }).optional(),
})
export type KeyFile = z.infer<typeof keyFile>

/** JSON, 0600, with keys as JWK (RFC 8037); made where there is none. Throws `configuration_invalid` naming the file. */
export async function readOrMakeKeyFile(path: string, random: Random): Promise<KeyFile> {
  return (await readKeyFile(path)) ?? (await makeKeyFile(path, random))
}

/** Undefined where there is no file. */
export async function readKeyFile(path: string): Promise<KeyFile | undefined> {
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

/** By way of a neighbour: the file is the old one or the new one, whenever the power fails. */
export async function writeKeyFile(path: string, file: KeyFile): Promise<void> {
  try {
    await writeNew(`${path}.new`, file, 'w')
    await rename(`${path}.new`, path)
    await using folder = await open(dirname(path), 'r')
    await folder.sync()
  } catch (cause) {
    throw broken(path, 'it cannot be written', cause)
  }
}

export function makePrivateJwk(): PrivateJwk {
  return privateJwk.parse(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }))
}

export function broken(path: string, why: string, cause?: unknown): SallyportError {
  const message = `load the signing key ${path}: ${why}. Restore it from a back-up: agents trust this key alone.`
  return new SallyportError('configuration_invalid', message, cause === undefined ? {} : { cause })
}

async function makeKeyFile(path: string, random: Random): Promise<KeyFile> {
  const file: KeyFile = { plane: `pl_${random.bytes(12).toString('base64url')}`, version: 1, key: makePrivateJwk() }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    // Exclusive: of two processes that start together, one makes the key and the other reads it.
    await writeNew(path, file, 'wx')
  } catch (cause) {
    const other = isCode(cause, 'EEXIST') ? await readKeyFile(path) : undefined
    if (other === undefined) throw broken(path, 'it cannot be written', cause)
    return other
  }
  return file
}

async function writeNew(path: string, file: KeyFile, flag: 'w' | 'wx'): Promise<void> {
  await using handle = await open(path, flag, 0o600)
  await handle.chmod(0o600)
  await handle.writeFile(`${JSON.stringify(file)}\n`)
  await handle.sync()
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
