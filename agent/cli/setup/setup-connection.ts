// The part of setup about JumpCloud: which region, which key, which organisation, what the key can do; then the files.

import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SallyportError } from '@sallyport/protocol'
import { serviceUrl } from '../../configuration/service-url.ts'
import { writeDurably } from '../../identity/durable-file.ts'
import type { Region } from '../../jumpcloud/regions.ts'
import { isPut, systemCode } from '../../ports/files.ts'
import { readConnectionFile } from '../../setup/connection-file.ts'
import { answerTo, matters } from '../../setup/questions.ts'
import { policyText, type SetupConnection } from '../../setup/setup-texts.ts'
import { cleanSecret } from '../../vault/clean-secret.ts'
import { keepSecret } from '../../vault/keep-secret.ts'
import type { Secret } from '../../vault/secret.ts'
import { readTextFile } from '../read-text-file.ts'
import { reportLines, type TokenReport } from '../token/token-report.ts'
import { type PlaceOfSecret, placeOfSecret } from './place-of-secret.ts'
import type { Checked, Prepared, SetupFlags, SetupHost, SetupPaths } from './setup-host.ts'
import { readJobs, type TriedKey, tryKey, unwritten } from './setup-trial.ts'
import { type Way, wayOf } from './setup-way.ts'

export type Connecting = {
  readonly flags: SetupFlags
  readonly paths: SetupPaths
  readonly plane: string
  readonly checked: Checked
}

/** Of settings: who else is on this host may read them. */
const readable = 0o644

/** JumpCloud has taken the key when it is over. */
export async function connect(connecting: Connecting, host: SetupHost): Promise<Prepared> {
  const { flags, paths, plane, checked } = connecting
  const way = await wayOf(flags, paths, host)
  const { hosts, secret } = await keyOf(flags, host)
  host.guard.protect(secret, flags.name)
  const place = placeOfSecret(flags.name, paths, host)
  const tried = await tryKey({ ...connecting, way, secret, hosts, credential: place.named }, host)
  for (const line of reportLines(tried.report)) host.print(line)
  const { organisation } = tried.report
  checked.push(`JumpCloud takes the key${organisation === null ? '' : ` of organisation ${organisation.id}`}`)
  return {
    url: plane,
    way: { settings: tried.configuration.plane, ...unwritten({ paths, way }, host) },
    write: () => writeFiles({ connecting, way, secret, place, tried }),
  }
}

type Writing = {
  readonly connecting: Connecting
  readonly way: Way
  readonly secret: Secret
  readonly place: PlaceOfSecret
  readonly tried: TriedKey
}

async function writeFiles({ connecting, way, secret, place, tried }: Writing): Promise<void> {
  const { flags, paths, checked } = connecting
  const jobs = readsOf(tried.report)
  // What a person wrote before is theirs.
  const isNew = !isPut(paths.policy)
  if (isNew) await write(paths.policy, () => writeDurably(paths.policy, policyText(flags.name, jobs), readable))
  // Now that the folder of the settings is there, which others may read, and before anything names the key.
  await write(place.path, () => keepSecret(place.path, secret), 0o700)
  for (const [path, contents] of way.files) await writeBeside(path, contents)
  await write(paths.configuration, () => writeDurably(paths.configuration, tried.text, readable))
  checked.push(
    `the key is in ${place.path}, for nobody else to read`,
    `${paths.policy} ${isNew ? `allows reads alone: ${jobs.join(' ')}` : 'was there; it is kept as it is'}`,
    ...way.said,
    `${paths.configuration} is written`,
  )
}

type Key = { readonly hosts: SetupConnection['hosts']; readonly secret: Secret }

async function keyOf(flags: SetupFlags, host: SetupHost): Promise<Key> {
  const { connectionFile, keyFile } = flags
  if (connectionFile !== undefined) {
    const text = await readTextFile(connectionFile)
    const { hosts, token } = readConnectionFile(text, connectionFile, hostsOf(flags))
    return { hosts, secret: secretOf(token, connectionFile) }
  }
  const hosts = hostsOf(flags) ?? (await regionOf(host))
  if (keyFile !== undefined) return { hosts, secret: secretOf(await readTextFile(keyFile), keyFile) }
  const typed = await answerTo(host, {
    ...matters.key,
    ask: (person) => person.hidden('JumpCloud API key? It is not shown, and stays on this host.'),
  })
  return { hosts, secret: secretOf(typed, 'what was typed') }
}

function hostsOf({ region, baseUrl }: SetupFlags): SetupConnection['hosts'] | undefined {
  if (baseUrl === undefined) return region
  const parsed = serviceUrl.safeParse(baseUrl)
  if (parsed.success) return { console: parsed.data, api: parsed.data, oauth: parsed.data }
  throw new SallyportError('configuration_invalid', `read --base-url: ${parsed.error.issues[0]?.message}`)
}

/** Only the one that is named is tried: a key is sent to no other. */
function regionOf(host: SetupHost): Promise<Region> {
  return answerTo(host, {
    ...matters.region,
    ask: (person) =>
      person.choose('Where do you open the JumpCloud console?', [
        { value: 'us' as const, label: 'console.jumpcloud.com (United States)' },
        { value: 'eu' as const, label: 'console.eu.jumpcloud.com (European Union)' },
        { value: 'in' as const, label: 'console.in.jumpcloud.com (India)' },
      ]),
  })
}

function secretOf(text: string, from: string): Secret {
  // A whole connection would be sent to JumpCloud, and answered as a key that has expired.
  if (/^[\s\uFEFF]*\{/.test(text)) {
    const why = 'that is JSON, and no key alone; give a connection with --connection-file'
    throw new SallyportError('secret_invalid', `read the key from ${from}: ${why}; nothing was written`)
  }
  const clean = cleanSecret(text)
  if (clean.ok) return clean.secret
  throw new SallyportError(
    'secret_invalid',
    `read the key from ${from}: that is no key (${clean.flaw}); nothing was written`,
  )
}

/** All that the key may read, and nothing else: what it may not read would only fail. */
function readsOf({ capabilities }: TokenReport): readonly string[] {
  const refused = new Set(capabilities.filter(({ state }) => state === 'no').flatMap(({ neededBy }) => neededBy))
  return readJobs.filter((job) => !refused.has(job))
}

function writeBeside(path: string, contents: Secret | string): Promise<void> {
  return typeof contents === 'string'
    ? write(path, () => writeDurably(path, contents, readable))
    : write(path, () => keepSecret(path, contents), 0o700)
}

async function write(path: string, work: () => Promise<void>, folderMode = 0o755): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: folderMode })
    await work()
  } catch (cause) {
    const why = systemCode(cause) ?? 'it cannot be written'
    throw new SallyportError(
      'configuration_invalid',
      `write ${path}: ${why}. Run it as root, or name other places with --config, --policy and --state`,
      { cause },
    )
  }
}
