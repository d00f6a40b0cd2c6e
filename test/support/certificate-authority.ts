// A certificate authority of a test, made with the openssl command, and the certificates that it issues. Nobody else trusts it.

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type Certificate = { readonly key: string; readonly cert: string }

export type CertificateAuthority = {
  readonly cert: string
  /** A PEM file of it. */
  readonly file: string
  /** For a host name or an address; the same one each time it is asked for. */
  issue(host: string): Promise<Certificate>
}

const run = promisify(execFile)

/** Its files lie in `directory`; `name` is its common name, and one of its own there. */
export async function makeCertificateAuthority(directory: string, name: string): Promise<CertificateAuthority> {
  const at = (file: string) => join(directory, `${name}.${file}`.replaceAll(' ', '-'))
  const make = async (subject: string, files: { key: string; cert: string }, more: readonly string[]) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', files.key]
    await run('openssl', [
      'req',
      '-x509',
      '-days',
      '30',
      '-subj',
      `/CN=${subject}`,
      ...key,
      '-out',
      files.cert,
      ...more,
    ])
    return { key: await readFile(files.key, 'utf8'), cert: await readFile(files.cert, 'utf8') }
  }
  const own = { key: at('key'), cert: at('pem') }
  const { cert } = await make(name, own, [])
  const issued = new Map<string, Promise<Certificate>>()
  const issue = (host: string) => {
    const kind = /^[\d.]+$|:/.test(host) ? 'IP' : 'DNS'
    const files = { key: at(`${issued.size}.key`), cert: at(`${issued.size}.pem`) }
    const extensions = ['-addext', `subjectAltName=${kind}:${host}`, '-addext', 'basicConstraints=critical,CA:FALSE']
    return make(host, files, ['-CA', own.cert, '-CAkey', own.key, ...extensions])
  }
  return {
    cert,
    file: own.cert,
    issue: (host) => {
      const known = issued.get(host) ?? issue(host)
      issued.set(host, known)
      return known
    },
  }
}
