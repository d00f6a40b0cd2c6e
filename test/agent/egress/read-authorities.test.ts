import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { expect, test } from 'vitest'
import { readAuthorities } from '../../../agent/egress/read-authorities.ts'
import { systemFiles } from '../../../agent/ports/files.ts'
import { selfSigned } from '../../support/self-signed.ts'

async function read(text: string | undefined) {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-ca-'))
  const path = join(directory.path, 'ca.pem')
  if (text !== undefined) await writeFile(path, text)
  return await readAuthorities({ named: 'connections.main.ca', path, files: systemFiles })
}

test('takes several certificates, with remarks between them', async () => {
  await expect(read(`one\n${selfSigned.cert}\nanother\n${rootCertificates[0]}\n`)).resolves.toBeDefined()
})

test.each([
  ['is not there', undefined, 'there is no such file'],
  ['is empty', '', 'it does not hold certificates in PEM form'],
  ['holds no certificate', selfSigned.key, 'it does not hold certificates in PEM form'],
  [
    'holds a broken one too',
    `${selfSigned.cert}${selfSigned.cert.replace('MIIB', 'AAAA')}`,
    'certificates in PEM form',
  ],
])('refuses a file that %s, and names it', async (_, text, why) => {
  await expect(read(text)).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringMatching(new RegExp(`read the certificates of connections.main.ca: .*/ca.pem: .*${why}`)),
  })
})
