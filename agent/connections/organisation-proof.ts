// That a secret sees one organisation, and which: nothing is done with a secret that sees several while none is named.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { readOrganisation } from '../jumpcloud/organisation.ts'
import type { JumpCloudReads } from '../jumpcloud/port.ts'
import type { Log } from '../log.ts'
import type { Secret } from '../vault/secret.ts'

export type OrganisationProof = {
  /**
   * Asks JumpCloud once for each secret, whoever waits for it. Undefined where that is proven already; else what rejects with
   * `organisation_ambiguous` or `organisation_unknown`.
   */
  prove(secret: Secret): Promise<void> | undefined
  /** Undefined until it was proven, and where the role may not list organisations. */
  organisationId(): string | undefined
}

type ProofOptions = {
  readonly jumpcloud: () => JumpCloudReads
  readonly log: Pick<Log, 'error'>
  readonly connection: string
  /** Throws where that organisation will not do; undefined is one that the role may not ask for. */
  readonly check?: ((organisationId: string | undefined) => void) | undefined
}

export function createOrganisationProof({
  connection,
  jumpcloud,
  log,
  check = () => {},
}: ProofOptions): OrganisationProof {
  let proof: { readonly of: Secret; readonly given: Promise<string | undefined> } | undefined
  let proven: { readonly of: Secret; readonly organisationId: string | undefined } | undefined
  const ask = async (secret: Secret) => {
    if (proof?.of !== secret) proof = { of: secret, given: organisationOf(jumpcloud()) }
    const asked = proof
    try {
      const organisationId = await asked.given
      check(organisationId)
      if (proof === asked) proven = { of: secret, organisationId }
    } catch (error) {
      // The next run asks again.
      if (proof === asked) proof = undefined
      if (isOfOrganisation(error)) log.error('credential.organisation', { connection, error })
      throw error
    }
  }
  return {
    prove: (secret) => (secret === proven?.of ? undefined : ask(secret)),
    organisationId: () => proven?.organisationId,
  }
}

function isOfOrganisation(error: unknown): boolean {
  return error instanceof SallyportError && error.code.startsWith('organisation_')
}

/** Undefined for a role that may not list organisations; JumpCloud refuses it where it sees several (JumpCloud reference 2.4 [S]). */
export async function organisationOf(jumpcloud: JumpCloudReads): Promise<string | undefined> {
  try {
    return (await readOrganisation(jumpcloud))._id
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'jumpcloud_forbidden') return undefined
    throw error
  }
}
