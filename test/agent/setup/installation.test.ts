import { existsSync } from 'node:fs'
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { findInstallation } from '../../../agent/setup/installation.ts'

/** A host in a folder, where the named files are, and whose programs are only written down. */
async function openHost(...files: readonly string[]) {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-installation-'))
  const ran: string[] = []
  for (const file of ['run/systemd/system/x', ...files]) {
    await mkdir(dirname(join(directory.path, file)), { recursive: true })
    await writeFile(join(directory.path, file), '')
  }
  const run = async (...words: readonly string[]) => {
    ran.push(words.join(' '))
    return { ok: true, said: '' }
  }
  return {
    ran,
    installation: findInstallation({ root: directory.path, run }),
    isThere: (path: string) => existsSync(join(directory.path, path)),
    [Symbol.asyncDispose]: () => directory.remove(),
  }
}

const ofScript = [
  'usr/local/bin/sallyport',
  'usr/local/lib/sallyport/sallyport',
  'etc/systemd/system/sallyport.service',
]
const ofPackage = ['var/lib/dpkg/info/sallyport.list', 'usr/lib/sallyport/sallyport']
const written = ['etc/sallyport/config.yaml', 'var/lib/private/sallyport/identity.json']

test('what install.sh put there is removed, and what a person wrote is kept', async () => {
  await using host = await openHost(...ofScript, ...written)

  await host.installation.stop()
  await host.installation.remove('program')

  expect(host.installation.by).toBe('script')
  expect([...ofScript, ...written].filter(host.isThere)).toEqual(written)
  expect(host.ran).toEqual(['systemctl disable --quiet --now sallyport.service', 'systemctl daemon-reload'])
})

test('what the package put there is removed by dpkg', async () => {
  await using host = await openHost(...ofPackage, ...written)

  await host.installation.remove('program')
  await host.installation.remove('program and data')

  expect(host.installation.by).toBe('package')
  expect(host.ran).toEqual(['dpkg --remove sallyport', 'dpkg --purge sallyport'])
  expect(written.filter(host.isThere)).toEqual([])
})

test('a program that nobody installed is nobody’s to remove', async () => {
  await using host = await openHost('var/lib/dpkg/info/sallyport.list')

  expect(host.installation.by).toBeUndefined()
})
