// Which organisation a credential works on. A credential may see several, and then nothing may be done before one is named:
// what JumpCloud does without a name is not certain (JumpCloud reference 2.4: 401 [S], or the default organisation).

import { jumpcloudId } from '@sallyport/protocol/ids'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import type { JumpCloudReads } from './port.ts'

/** What we read of an organisation (JumpCloud reference 12.1 [R]). */
const organisation = z.object({
  _id: jumpcloudId,
  displayName: z.string().nullish(),
  created: z.string().nullish(),
})
export type Organisation = z.infer<typeof organisation>

/** The one that the connection names, or the only one. Throws `organisation_ambiguous` or `organisation_unknown`, of which `OrganisationsSeen` is the cause. */
export async function readOrganisation(jumpcloud: JumpCloudReads): Promise<Organisation> {
  const found: Organisation[] = []
  const listed = {
    operation: 'get the organisation',
    path: '/api/organizations',
    row: organisation,
    idOf: ({ _id }: Organisation) => _id,
  }
  for await (const row of jumpcloud.list(listed)) found.push(row)
  return choose(found, jumpcloud.organisationId)
}

function choose(found: readonly Organisation[], wanted: string | undefined): Organisation {
  const [first] = found
  if (wanted === undefined) {
    if (first !== undefined && found.length === 1) return first
    const message = `the credential sees ${found.length} organisations and the connection names none; set organisationId to one of those that \`sallyport token test\` lists`
    throw new SallyportError('organisation_ambiguous', message, { cause: new OrganisationsSeen(found) })
  }
  const named = found.find((candidate) => candidate._id === wanted)
  if (named !== undefined) return named
  throw new SallyportError(
    'organisation_unknown',
    `the credential does not see the organisation ${wanted} that the connection names; \`sallyport token test\` lists those that it sees`,
    { cause: new OrganisationsSeen(found) },
  )
}

const mostNamed = 20

/** Names and ids, for the log and the terminal of the host: a message travels, and its cause does not. */
export class OrganisationsSeen extends Error {
  override readonly name = 'OrganisationsSeen'
  readonly found: readonly Organisation[]

  constructor(found: readonly Organisation[]) {
    super(`it sees: ${nameAll(found)}`)
    this.found = found
  }
}

function nameAll(found: readonly Organisation[]): string {
  if (found.length === 0) return 'none'
  const named = found.slice(0, mostNamed).map((each) => `${each._id} (${each.displayName ?? 'no name'})`)
  return found.length > mostNamed ? `${named.join(', ')} and ${found.length - mostNamed} more` : named.join(', ')
}
