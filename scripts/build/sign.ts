// The hashes of all files of a release, and the signature over that list. Checked by:
//   sha256sum -c SHA256SUMS
//   openssl pkeyutl -verify -pubin -inkey KEY.pub -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig

import { createPrivateKey, sign as signBytes } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Of } from './sha256.ts'

/** False where no key is named: the list is there, and nobody vouches for it. Throws for a key of another kind. */
export async function sign(folder: string, keyFile: string | undefined): Promise<boolean> {
  const signature = join(folder, 'SHA256SUMS.sig')
  await rm(signature, { force: true })
  const names = (await readdir(folder)).filter((name) => name !== 'SHA256SUMS').sort()
  const lines = await Promise.all(names.map(async (name) => `${await sha256Of(join(folder, name))}  ${name}\n`))
  const list = Buffer.from(lines.join(''))
  await writeFile(join(folder, 'SHA256SUMS'), list)
  if (keyFile === undefined) return false
  const key = createPrivateKey(await readFile(keyFile))
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(`sign the release: the key in ${keyFile} is ${key.asymmetricKeyType}, and must be ed25519`)
  }
  await writeFile(signature, signBytes(null, list, key))
  return true
}
