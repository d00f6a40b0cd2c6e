// The part of setup that asks JumpCloud about the key, by the way that the agent will go; nothing is written for it.

import { SallyportError } from '@sallyport/protocol'
import { visibleLine } from '@sallyport/protocol/visible-json'
import { type Configuration, readConfiguration } from '../../configuration/configuration.ts'
import { credentialsFolder } from '../../configuration/credentials-folder.ts'
import { EgressError } from '../../egress/egress-error.ts'
import { reasonOf } from '../../egress/reason-of.ts'
import { OrganisationsSeen } from '../../jumpcloud/organisation.ts'
import { jobEffects } from '../../policy/job-effects.ts'
import { filesOfAgent } from '../../ports/files.ts'
import { answerTo } from '../../setup/questions.ts'
import { configurationText, type SetupConnection } from '../../setup/setup-texts.ts'
import { filesWith } from '../../vault/files-with.ts'
import type { Secret } from '../../vault/secret.ts'
import { reportOn } from '../token/credential-report.ts'
import type { TokenReport } from '../token/token-report.ts'
import type { SetupFlags, SetupHost, SetupPaths } from './setup-host.ts'
import type { Way } from './setup-way.ts'

export const readJobs = [...jobEffects()].filter(([, effect]) => effect === 'read').map(([job]) => job)

export type Try = {
  readonly flags: SetupFlags
  readonly paths: SetupPaths
  readonly plane: string
  readonly way: Way
  readonly secret: Secret
  readonly hosts: SetupConnection['hosts']
  readonly credential: SetupConnection['credential']
}

export type TriedKey = {
  readonly report: TokenReport
  /** Of the file. */
  readonly text: string
  readonly configuration: Configuration
}

export async function tryKey(asked: Try, host: SetupHost): Promise<TriedKey> {
  const attempt = async (organisationId: string | undefined): Promise<TriedKey> => {
    const { configuration, named } = made(asked, organisationId)
    const policy = { jobsOf: () => readJobs }
    const { files, environment } = unwritten(asked, host)
    const tried = { ...host, environment }
    const report = await reportOn(
      { named, secret: asked.secret },
      { settings: { configuration }, policy, files },
      tried,
    ).catch((error: unknown) => {
      throw withMend(error)
    })
    // Named in the configuration, so that no key of another organisation is ever taken for this one.
    return { report, ...made(asked, report.organisation?.id ?? organisationId) }
  }
  try {
    return await attempt(asked.flags.organisation)
  } catch (error) {
    return await attempt(await chosenOrganisation(error, host))
  }
}

/** Where the agent will find what is not written yet. */
export function unwritten({ paths, way }: Pick<Try, 'paths' | 'way'>, { environment, service }: SetupHost) {
  return {
    files: filesWith(way.files, filesOfAgent(paths.state)),
    environment: service.isThere ? { CREDENTIALS_DIRECTORY: credentialsFolder(paths), ...environment } : environment,
  }
}

function made({ flags, plane, paths, way, hosts, credential }: Try, organisationId: string | undefined) {
  const { name } = flags
  const connection = { name, hosts, organisationId, credential, way: way.connection }
  const text = configurationText({ url: plane, way: way.plane }, connection)
  const configuration = readConfiguration(text, paths.configuration)
  const of = configuration.connections[name]
  if (of === undefined) throw new Error('the configuration that was just made has no connection')
  return { text, configuration, named: { name, connection: name, settings: of.credential, of } }
}

/** Throws the error itself where it is another. */
async function chosenOrganisation(error: unknown, host: SetupHost): Promise<string> {
  const isAmbiguous = error instanceof SallyportError && error.code === 'organisation_ambiguous'
  if (!isAmbiguous || !(error.cause instanceof OrganisationsSeen)) throw error
  const { found, message } = error.cause
  return await answerTo(host, {
    flag: '--organisation ID',
    what: `which organisation (${message})`,
    ask: (person) =>
      person.choose(
        'The key sees several organisations. Which one is this for?',
        found.map(({ _id, displayName }) => ({
          value: _id,
          label: visibleLine(`${displayName ?? 'no name'} (${_id})`),
        })),
      ),
  })
}

/** What stands in the way is told here, where somebody can mend it; elsewhere errors may travel. */
function withMend(error: unknown): unknown {
  if (!(error instanceof SallyportError) || error.code !== 'jumpcloud_unreachable') return error
  const root = rootOf(error)
  const isOfProxy = root instanceof EgressError && root.code === 'PROXY_FAILED'
  const why = reasonOf(root).replace(/\.$/, '')
  return new SallyportError(
    error.code,
    `${error.message}. ${why}. Nothing was written. ${isOfProxy ? ofProxy : ofWay}`,
    {
      cause: error,
    },
  )
}

const ofWay =
  'Where only a proxy leads out of this network: --proxy http://HOST:PORT; where one inspects TLS: --ca FILE, with its authority'
/** What it calls connections.NAME.proxy is not written yet. */
const ofProxy = 'Here, the proxy is what --proxy, --proxy-user and --proxy-password-file say, or that of this shell'

/** What this end knows says more than what the system told it. */
function rootOf(error: Error): Error {
  return error.cause instanceof Error && !(error instanceof EgressError) ? rootOf(error.cause) : error
}
