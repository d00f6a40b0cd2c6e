// That a secret sees one organisation, where the connection names none: nothing is done with a secret that sees several.

import { SallyportError } from '@sallyport/protocol'
import type { JumpCloud } from '../jumpcloud/jumpcloud.ts'
import { readOrganisation } from '../jumpcloud/organisation.ts'
import type { Secret } from '../vault/secret.ts'

/**
 * Asks JumpCloud once for each secret, whoever waits for it. Undefined where that is proven already; else what rejects with
 * `organisation_ambiguous`.
 */
export function createOrganisationProof(jumpcloud: JumpCloud): (secret: Secret) => Promise<void> | undefined {
  let proof: { readonly of: Secret; readonly given: Promise<void> } | undefined
  let proven: Secret | undefined
  const ask = async (secret: Secret) => {
    if (proof?.of !== secret) proof = { of: secret, given: readOneOrganisation(jumpcloud) }
    const asked = proof
    try {
      await asked.given
      if (proof === asked) proven = secret
    } catch (error) {
      // The next run asks again.
      if (proof === asked) proof = undefined
      throw error
    }
  }
  return (secret) => (secret === proven ? undefined : ask(secret))
}

async function readOneOrganisation(jumpcloud: JumpCloud): Promise<void> {
  try {
    await readOrganisation(jumpcloud.lane('interactive'))
  } catch (error) {
    // A role that may not list organisations cannot be asked; JumpCloud refuses it where it sees several (2.4 [S]).
    if (error instanceof SallyportError && error.code === 'jumpcloud_forbidden') return
    throw error
  }
}
