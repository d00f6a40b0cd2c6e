// The credential that a connection may have for its changes alone: opened when the first change is to be sent, and used only
// while it is known to be of the same organisation as the other one.

import { SallyportError } from '@sallyport/protocol'
import type { Access } from '../jumpcloud/access.ts'
import type { JumpCloud } from '../jumpcloud/jumpcloud.ts'
import type { Log } from '../log.ts'
import type { Credential } from './credential.ts'
import { unlessAborted } from './credential-access.ts'
import { createOrganisationProof } from './organisation-proof.ts'

export type WriterOptions = {
  readonly connection: string
  readonly log: Pick<Log, 'error'>
  readonly credential: Credential
  readonly access: Access
  readonly jumpcloud: () => JumpCloud
  /** The organisation that the connection names. */
  readonly named: string | undefined
  /** It was read for the first time, or in vain. */
  readonly onRead: () => void
  /** The one that the other credential sees. */
  readonly seen: () => string | undefined
}

/** Its `ready` rejects with `organisation_unknown` too, where the two are not of one organisation or that cannot be known. */
export function createWriterAccess(options: WriterOptions): Access {
  const { connection, credential, access, jumpcloud, log, onRead } = options
  const proof = createOrganisationProof({
    connection,
    log,
    jumpcloud: () => jumpcloud().lane('interactive', undefined, { access }),
    check: (organisationId) => checkSame(organisationId, options),
  })
  const open = async () => {
    await proof.prove(credential.secret ?? (await credential.read().finally(onRead)))
  }
  return {
    ...access,
    ready: async (signals) => {
      await unlessAborted(open(), signals)
      await access.ready(signals)
    },
  }
}

function checkSame(found: string | undefined, { connection, named, seen }: WriterOptions): void {
  const wanted = named ?? seen()
  // Every change then carries the organisation, and JumpCloud refuses it to a stranger.
  if (found === undefined && named !== undefined) return
  if (found !== undefined && found === wanted) return
  const why =
    found === undefined || wanted === undefined
      ? 'a role may not list organisations, so it cannot be known; set organisationId of the connection'
      : 'it is of another one; give it a credential of the same organisation'
  throw new SallyportError(
    'organisation_unknown',
    `open the writer of connection "${connection}": it must see the organisation that the connection reads, and ${why}`,
  )
}
