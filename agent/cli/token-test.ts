// The command `token test`: does JumpCloud take this credential, and whose is it? It asks as the agent would, by the same way.

import { SallyportError } from '@sallyport/protocol'
import { createAccess } from '../connections/credential-access.ts'
import { destinationsOf } from '../egress/destinations.ts'
import { openLeg } from '../egress/open-egress.ts'
import { createJumpCloud, type JumpCloud } from '../jumpcloud/jumpcloud.ts'
import { readOrganisation } from '../jumpcloud/organisation.ts'
import { createLog } from '../log.ts'
import { systemClock } from '../ports/clock.ts'
import { systemFiles } from '../ports/files.ts'
import { systemRandom } from '../ports/random.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import { readSecret } from '../vault/read-secret.ts'
import type { Secret } from '../vault/secret.ts'
import { version } from '../version.ts'
import type { Host } from './host.ts'
import {
  type CredentialSettings,
  findCredential,
  type NamedCredential,
  readCredentialSettings,
} from './named-credentials.ts'
import type { PathFlags } from './paths.ts'

/** Throws with the code of the first that does not work, after all were tried. */
export async function tokenTest(name: string | undefined, flags: PathFlags, host: Host): Promise<void> {
  const settings = await readCredentialSettings(flags, host)
  const tried = name === undefined ? settings.credentials : [findCredential(settings, name)]
  const errors: SallyportError[] = []
  for (const one of tried) {
    const said = await ask(one, settings, host).catch((error: unknown) => {
      if (!(error instanceof SallyportError)) throw error
      errors.push(error)
      const seen =
        error.code.startsWith('organisation_') && error.cause instanceof Error ? ` (${error.cause.message})` : ''
      return `no: ${error.code}: ${error.message}${seen}`
    })
    host.print(`${one.name}: ${said}`)
  }
  const [first] = errors
  if (first !== undefined)
    throw new SallyportError(first.code, `test ${tried.length} credentials: ${errors.length} failed`)
}

async function ask(named: NamedCredential, settings: CredentialSettings, host: Host): Promise<string> {
  const { environment, guard } = host
  const { secret, notes } = await readSecret({
    ...{ connection: named.name, source: named.settings.source },
    ...{ files: systemFiles, environment, clock: systemClock },
  })
  for (const note of notes) host.complain(note)
  guard.protect(secret, named.name)
  await using jumpcloud = await openClient({ named, secret, guard }, settings, host)
  const { _id: id, displayName } = await readOrganisation(jumpcloud.lane('interactive'))
  const said = `yes: JumpCloud takes it, for organisation ${id} (${displayName ?? 'no name'})`
  if (guard.contains(said, 'frame') === undefined) return said
  return `yes: JumpCloud takes it, for organisation ${id}`
}

type Opening = { readonly named: NamedCredential; readonly secret: Secret; readonly guard: LeakGuard }

async function openClient(
  { named, secret, guard }: Opening,
  { configuration }: CredentialSettings,
  { environment, complain }: Host,
): Promise<JumpCloud> {
  const { connection, of } = named
  const clock = systemClock
  const log = createLog({ level: 'error', write: (line) => complain(line.trimEnd()), guard, clock })
  const connector = await openLeg(
    { name: `connections.${connection}`, settings: of, destinations: destinationsOf(configuration, environment) },
    { environment, files: systemFiles, guard, clock, log },
  )
  const client: JumpCloud = createJumpCloud({
    settings: {
      ...(typeof of.hosts === 'string' ? { region: of.hosts } : { baseUrls: of.hosts }),
      organisationId: of.organisationId,
    },
    access: createAccess({
      ...{ name: named.name, settings: named.settings, guard, clock, secret: () => secret },
      fetchToken: (account) => client.fetchToken(account),
      organisationId: () => of.organisationId,
    }),
    userAgent: `Sallyport/${version}`,
    ...{ clock, random: systemRandom, connector },
  })
  return client
}
