// Whom TLS trusts on a leg that names certificate authorities of its own.

import { X509Certificate } from 'node:crypto'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Files } from '../ports/files.ts'
import { readSettingsText } from '../settings/read-settings-text.ts'

/** `named` is what names the file, for messages: a key of the configuration, or a flag. */
type Authorities = { readonly named: string; readonly path: string; readonly files: Files }

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * Those of the file besides Node's own: what an inspecting proxy leaves alone, and what is connected to directly, still shows a
 * certificate of a public authority. Throws `configuration_invalid` for a file that is missing or holds anything but certificates.
 */
export async function readAuthorities({ named, path, files }: Authorities): Promise<SecureContext> {
  const what = `certificates of ${named}`
  const text = await readSettingsText({ path, files, what, code: 'configuration_invalid' })
  const own = text.match(certificates) ?? []
  if (own.length === 0 || !own.every(isCertificate)) {
    throw new SallyportError(
      'configuration_invalid',
      `read the ${what}: ${path}: it does not hold certificates in PEM form; export those of the authorities as PEM (Base64) into it`,
    )
  }
  return createSecureContext({ ca: [...getCACertificates('default'), ...own] })
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== ''
  } catch {
    return false
  }
}
