// The command `resume`: a person has looked at what became of the writes of a journal that was lost.

import { SallyportError } from '@sallyport/protocol'
import { resumeJournal } from '../journal/lost-journal.ts'
import { systemCode } from '../ports/files.ts'
import type { Host } from './host.ts'
import type { PathFlags } from './paths.ts'
import { readSettings } from './read-settings.ts'

/** The running agent notices within a second; one that starts later does not wait. */
export async function resume(flags: PathFlags, host: Host): Promise<void> {
  const { paths } = await readSettings(flags, host)
  const lost = await resumeJournal(paths.state).catch((cause: unknown) => {
    if (cause instanceof SallyportError) throw cause
    const why = systemCode(cause) ?? 'it cannot be changed'
    const mend = 'Run it as the user that owns the state directory, or as root.'
    throw new SallyportError('journal_unavailable', `resume writes in ${paths.state}: ${why}. ${mend}`, { cause })
  })
  if (lost === undefined) return host.print('no journal was lost: there is nothing to resume.')
  const since = new Date(lost.at).toISOString()
  const kept = lost.isKept ? ` It is kept as ${lost.aside}.` : ''
  host.print(`writes go on. The journal was lost on ${since} (${lost.why}).${kept}`)
}
