import type contract from '@sallyport/protocol/jobs/org-get'
import { readOrganisation } from '../jumpcloud/organisation.ts'
import type { ReadHandler } from './handler.ts'

const getOrganisation: ReadHandler<typeof contract> = async function* ({ jumpcloud }) {
  const { _id: id, displayName, created } = await readOrganisation(jumpcloud)
  yield { id, name: displayName ?? null, createdAt: created ?? null }
}
export default getOrganisation
