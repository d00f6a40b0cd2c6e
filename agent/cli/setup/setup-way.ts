// How setup goes to both ends, and the service after it: by the proxy and with the authorities that flags name, or the shell of setup.
// The service has nothing of that shell, so all of it goes into the configuration and beside it.

import { dirname, join, resolve } from 'node:path'
import { SallyportError } from '@sallyport/protocol'
import { legSettings } from '../../configuration/leg-settings.ts'
import { type LegProxy, proxyOf } from '../../egress/leg-proxy.ts'
import { readAuthorities } from '../../egress/read-authorities.ts'
import { systemFiles } from '../../ports/files.ts'
import { readSettingsText } from '../../settings/read-settings-text.ts'
import { answerTo, matters } from '../../setup/questions.ts'
import type { LegText } from '../../setup/setup-texts.ts'
import { cleanSecret } from '../../vault/clean-secret.ts'
import { Secret } from '../../vault/secret.ts'
import { readTextFile } from '../read-text-file.ts'
import { placeOfSecret } from './place-of-secret.ts'
import type { SetupFlags, SetupHost, SetupPaths } from './setup-host.ts'

export type Way = {
  /** What the configuration says of each leg. */
  readonly plane: LegText
  readonly connection: LegText
  /** What it names, by path: a secret, or a text that everybody may read. Nothing of it is written yet. */
  readonly files: ReadonlyMap<string, Secret | string>
  /** In words, for the end. */
  readonly said: readonly string[]
}

type Named = {
  readonly leg: LegText
  readonly files: readonly (readonly [string, Secret | string])[]
  readonly said: string
}

/** Throws `configuration_invalid`. What is asked of a person here is the password of the proxy alone. */
export async function wayOf(flags: SetupFlags, paths: SetupPaths, host: SetupHost): Promise<Way> {
  const named = [await authorities(flags, paths), await proxy(flags, paths, host)].filter((one) => one !== undefined)
  const connection = Object.assign({}, ...named.map(({ leg }) => leg))
  // Inside the own network nobody goes by the proxy that leads out of it.
  const inside = { privateAddress: true, ...('proxy' in connection ? { proxy: 'none' } : {}) }
  return {
    plane: { ...connection, ...(flags.privatePlane ? inside : {}) },
    connection,
    files: new Map(named.flatMap(({ files }) => files)),
    said: named.map(({ said }) => said),
  }
}

/** A copy, because the service can read neither the home of a person nor what only root may. */
async function authorities({ ca }: SetupFlags, paths: SetupPaths): Promise<Named | undefined> {
  if (ca === undefined) return undefined
  const named = { path: resolve(ca), files: systemFiles }
  await readAuthorities({ named: '--ca', ...named })
  const text = await readSettingsText({ ...named, what: 'certificates of --ca', code: 'configuration_invalid' })
  const path = join(dirname(resolve(paths.configuration)), 'ca.pem')
  return { leg: { ca: path }, files: [[path, text]], said: `the certificate authorities of ${ca} are in ${path}` }
}

async function proxy(flags: SetupFlags, paths: SetupPaths, host: SetupHost): Promise<Named | undefined> {
  if (flags.proxy === 'none') return { leg: { proxy: 'none' }, files: [], said: 'no proxy, as --proxy says' }
  const found = flags.proxy === undefined ? ofShell(host) : await ofFlags(flags, flags.proxy, host)
  if (found === undefined) return undefined
  const { host: name, port, username, password, noProxy, namedBy } = found
  const url = `http://${name}:${port}`
  const by = { url, ...(noProxy.length === 0 ? {} : { noProxy }) }
  const said = `both ways go by the proxy ${url}, which ${namedBy} names`
  if (!(password instanceof Secret) || username === undefined) return { leg: { proxy: by }, files: [], said }
  host.guard.protect(password, 'the password of the proxy')
  const place = placeOfSecret(nameOfPassword, paths, host)
  return { leg: { proxy: { ...by, username, password: place.named } }, files: [[place.path, password]], said }
}

/** Who starts the agent in this shell has its proxy there, too. */
function ofShell({ environment, service }: SetupHost): LegProxy | undefined {
  return service.isThere ? proxyOf('plane', {}, environment) : undefined
}

async function ofFlags(flags: SetupFlags, url: string, host: SetupHost): Promise<LegProxy> {
  const { proxyUser: username, proxyPasswordFile } = flags
  const parsed = legSettings.proxy.safeParse({ url })
  if (!parsed.success || typeof parsed.data !== 'object') {
    const how = 'it must be http://HOST:PORT, or none; --proxy-user and --proxy-password-file say the rest'
    throw new SallyportError('configuration_invalid', `read --proxy: ${how}`)
  }
  const bare = { ...parsed.data.url, noProxy: [], namedBy: '--proxy', isOfEnvironment: false }
  if (username === undefined) return bare
  const ask = proxyPasswordFile === undefined ? undefined : await readTextFile(proxyPasswordFile)
  const text = ask ?? (await answerTo(host, { ...matters.proxyPassword, ask: (person) => person.hidden(question) }))
  const clean = cleanSecret(text)
  if (clean.ok) return { ...bare, username, password: clean.secret }
  const from = proxyPasswordFile ?? 'what was typed'
  const why = `that cannot be used as one (${clean.flaw}). Nothing was changed`
  throw new SallyportError('secret_invalid', `read the password of the proxy from ${from}: ${why}`)
}

/** No connection has a dot in its name, so that its key lies elsewhere. */
const nameOfPassword = 'proxy.password'

const question = 'Password for the proxy? It is not shown.'
