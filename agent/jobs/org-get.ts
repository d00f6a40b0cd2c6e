import { jumpcloudId } from '@sallyport/protocol/ids'
import type contract from '@sallyport/protocol/jobs/org-get'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import type { ReadHandler } from './handler.ts'

/** What we read of an organisation (JumpCloud reference 12.1 [R]). */
const organisation = z.object({
  _id: jumpcloudId,
  displayName: z.string().nullish(),
  created: z.string().nullish(),
})
type Organisation = z.infer<typeof organisation>

const getOrganisation: ReadHandler<typeof contract> = async function* ({ jumpcloud }) {
  const found: Organisation[] = []
  const listed = {
    operation: 'get the organisation',
    path: '/api/organizations',
    row: organisation,
    idOf: ({ _id }: Organisation) => _id,
  }
  for await (const row of jumpcloud.list(listed)) found.push(row)
  const chosen = choose(found, jumpcloud.organisationId)
  yield { id: chosen._id, name: chosen.displayName ?? null, createdAt: chosen.created ?? null }
}
export default getOrganisation

function choose(found: readonly Organisation[], wanted: string | undefined): Organisation {
  const [first] = found
  if (wanted === undefined) {
    if (first !== undefined && found.length === 1) return first
    const message = `the key sees ${found.length} organisations and the connection names none; set organisationId to one of: ${nameAll(found)}`
    throw new SallyportError('organisation_ambiguous', message)
  }
  const named = found.find((candidate) => candidate._id === wanted)
  if (named !== undefined) return named
  throw new SallyportError(
    'organisation_unknown',
    `the key does not see the organisation ${wanted} that the connection names; it sees: ${nameAll(found)}`,
  )
}

const mostNamed = 20

function nameAll(found: readonly Organisation[]): string {
  if (found.length === 0) return 'none'
  const named = found.slice(0, mostNamed).map((each) => `${each._id} (${each.displayName ?? 'no name'})`)
  return found.length > mostNamed ? `${named.join(', ')} and ${found.length - mostNamed} more` : named.join(', ')
}
