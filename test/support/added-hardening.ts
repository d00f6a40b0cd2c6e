// What docs/hardening.md says may be added to the service, added to an installed one: each of its drop-ins, and its secrets closed.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { blocksIn } from './documented-commands.ts'
import { type InstalledWorld, state } from './installed-agent.ts'
import { root } from './source/source-files.ts'

const dropIn = '/etc/systemd/system/sallyport.service.d/hardening.conf'

/** The service runs with it when this is over; a TPM is not there, so that the key of the host closes the secrets. */
export async function addHardening({ host, write }: InstalledWorld): Promise<void> {
  const secrets = { main: '/etc/sallyport/credentials/main', 'journal-key': `${state}/journal.key` }
  await host.run('systemctl', 'stop', 'sallyport')
  for (const [name, path] of Object.entries(secrets)) {
    await host.run('systemd-creds', 'encrypt', '--with-key=host', `--name=${name}`, path, `/etc/sallyport/${name}.cred`)
    await host.run('rm', path)
  }
  const page = await readFile(join(root, 'docs/hardening.md'), 'utf8')
  await write(dropIn, blocksIn(page, 'ini').join('\n'))
  await host.run('systemctl', 'daemon-reload')
  await host.run('systemctl', 'start', 'sallyport')
}
