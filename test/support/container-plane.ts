// A control plane in a container, where the README says that one is: https://control.example.com, in the network of the compose
// files. Its certificate is of an authority that nobody but the test trusts.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCertificateAuthority } from './certificate-authority.ts'
import type { ContainerEngine } from './container-engine.ts'
import { until } from './until.ts'

export type ContainerPlane = {
  /** A PEM file. */
  readonly authority: string
  /** A one-time code for the agent `acme`. */
  code(): Promise<string>
  /** Runs `groups.list` at it; the rows. Throws where it is refused or fails. */
  run(): Promise<readonly string[]>
}

const name = 'control.example.com'
const files = '/etc/sallyport-control'
const program = ['/usr/bin/node', '/usr/lib/sallyport-control/sallyport-control.cjs']

/** Needs the image `sallyport-control`. Ends with the engine. */
export async function startContainerPlane(engine: ContainerEngine, folder: string): Promise<ContainerPlane> {
  await mkdir(folder)
  const authority = await makeCertificateAuthority(folder, 'authority')
  const { key, cert } = await authority.issue(name)
  const listen = 'listen: { host: 0.0.0.0, port: 443 }\n'
  await writeFile(join(folder, 'config.yaml'), `${listen}tls: { cert: ${files}/cert.pem, key: ${files}/key.pem }\n`)
  await writeFile(join(folder, 'cert.pem'), cert)
  await writeFile(join(folder, 'key.pem'), key)

  await engine.createNetwork()
  const where = ['--network', engine.network, '--network-alias', name, '--add-host', `${name}:127.0.0.1`]
  const may = ['--sysctl', 'net.ipv4.ip_unprivileged_port_start=443', '-v', `${folder}:${files}:ro`]
  const trusts = ['-e', `NODE_EXTRA_CA_CERTS=${files}/authority.pem`]
  const id = await engine.docker('run', '-d', ...where, ...may, ...trusts, 'sallyport-control')
  const command = async (words: readonly string[], environment: readonly string[] = []) =>
    (await engine.docker('exec', ...environment, id, ...program, ...words)).split('\n')
  const code = async () => (await command(['code', 'create', 'acme']))[0] ?? ''
  await until(async () => (await code().catch(() => '')).startsWith('spc1.'))

  const scopes = ['--scope', 'runs:read', '--scope', 'runs:write']
  const [token = ''] = await command(['token', 'create', 'vendor', ...scopes, '--ttl', '1h'])
  return {
    authority: authority.file,
    code,
    run: async () => {
      const words = ['run', 'acme', 'groups.list', '--url', `https://${name}`]
      const lines = await command(words, ['-e', `SALLYPORT_CONTROL_TOKEN=${token}`])
      return lines.filter((line) => line.includes('"name"'))
    },
  }
}
