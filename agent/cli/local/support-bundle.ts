// The command `support-bundle`: writes the bundle into a file, and says what is in it. It is sent to nobody.

import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SallyportError } from '@sallyport/protocol'
import { visibleJson } from '@sallyport/protocol/visible-json'
import { diagnose } from '../../doctor/diagnose.ts'
import { withProxyOfService } from '../../doctor/service-proxy.ts'
import { systemCode } from '../../ports/files.ts'
import { bundleParts, makeBundle } from '../../support/bundle.ts'
import { groundOf } from '../doctor.ts'
import type { Host } from '../host.ts'
import type { PathFlags } from '../paths.ts'

export type BundleFlags = PathFlags & { readonly out?: string; readonly offline?: true; readonly json?: true }

/** Doctor comes first: by it the leak guard knows every secret that this process can read. Throws `leak_blocked`. */
export async function supportBundle({ out, offline, json, ...flags }: BundleFlags, host: Host): Promise<void> {
  const ground = await withProxyOfService(groundOf(flags, host))
  const report = await diagnose(ground, { isOffline: offline === true })
  const bundle = await makeBundle(ground, report)
  const text = `${visibleJson(JSON.stringify(bundle, null, 2))}\n`
  const hit = host.guard.contains(text, 'frame')
  if (hit !== undefined) {
    throw new SallyportError(
      'leak_blocked',
      `write the support bundle: it would hold the secret of ${hit.name}, as ${hit.encoding}; nothing is written. Look for it in names of the configuration and of its files.`,
    )
  }
  const path = resolve(out ?? `sallyport-support-${bundle.createdAt.replace(/\D/g, '').slice(0, 14)}.json`)
  await write(path, text)
  if (json) return host.print(JSON.stringify({ file: path, parts: bundleParts }))
  host.print(`wrote ${path}: read it, and send it where you want; it was sent to nobody. It holds:`)
  for (const [part, what] of Object.entries(bundleParts)) host.print(`  ${part.padEnd(14)} ${what}`)
}

/** Only where there is nothing yet, whatever a link there leads to. */
async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    const code = systemCode(cause)
    // What a full disk took of it would be in the way of the next one, and be taken for one.
    if (code !== 'EEXIST') await rm(path, { force: true }).catch(() => {})
    const why = code === 'EEXIST' ? 'it is there already' : (code ?? 'it failed')
    const message = `write the support bundle ${path}: ${why}; name another file with --out`
    throw new SallyportError('configuration_invalid', message, { cause })
  }
}
