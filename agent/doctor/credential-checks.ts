// The checks of one credential: that its secret is there, how old it is, when it ends, and that JumpCloud takes it.

import { SallyportError } from '@sallyport/protocol'
import type { Credential } from '../configuration/credential.ts'
import { credentialsFolder } from '../configuration/credentials-folder.ts'
import { usualCredentialFile } from '../configuration/usual-credential-file.ts'
import { mendOf } from '../connections/mend-of.ts'
import { dueWarning } from '../connections/watch-expiry.ts'
import { placeOf } from '../vault/secret-source.ts'
import { type Check, fail, nameOfCheck, ok, skip, type Verdict, warn } from './check.ts'
import { type Ground, ifRunning, type Running } from './ground.ts'
import { onlyService, type Trial } from './trial.ts'

export type CredentialChecks = {
  readonly ground: Ground
  readonly running: Running
  /** `main`, or `main.writer`. */
  readonly name: string
  readonly connection: string
  readonly credential: Credential
  readonly trial: Trial
  /** The checks of the way to JumpCloud. */
  readonly after: readonly string[]
}

export function credentialChecks(options: CredentialChecks): readonly Check[] {
  const { ground, name, credential, trial, after } = options
  const source = nameOfCheck('key.source', name)
  const mend = commandOf(mendOf(credential.source, name))
  return [
    { id: 'key.source', of: name, after: ['config.valid'], look: () => lookAtSource(options, mend) },
    { id: 'key.expiry', of: name, look: () => sayExpiry(credential, ground.clock.now(), mend) },
    { id: 'key.age', of: name, after: [source], look: () => lookAtAge(credential, ground, mend) },
    {
      ...{ id: 'jumpcloud.credential', of: name },
      after: [...after, source],
      look: async (signal) => {
        if (trial.isOutOfReach) return skip(onlyService)
        try {
          await trial.organisation(signal)
          return ok('JumpCloud takes it')
        } catch (error) {
          if (!(error instanceof SallyportError)) throw error
          return fail(error.message, error.code === 'credential_rejected' ? mend : undefined)
        }
      },
    },
  ]
}

async function lookAtSource(options: CredentialChecks, mend: string): Promise<Verdict> {
  const { ground, running, trial, credential, connection } = options
  if (trial.isOutOfReach) {
    const told = (await ifRunning(running))?.connections.find(({ name }) => name === connection)
    if (told !== undefined) return skip(`the running agent says of it: ${told.state}`)
    const folder = credentialsFolder(ground.paths)
    if (!ground.isOfService || (await ground.surroundings.see(folder)) !== undefined) return skip(onlyService)
    return fail(
      `systemd gives it to the service from ${folder}, which is not there`,
      `install -d -m 0700 ${folder} && ${mend}`,
    )
  }
  try {
    const { notes } = await trial.read()
    return notes.length === 0 ? ok(placeOf(credential.source)) : warn(notes.join('; '))
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error
    return fail(error.message, mend)
  }
}

const days = 24 * 60 * 60 * 1000

function sayExpiry({ expiresAt }: Credential, now: number, mend: string): Verdict {
  if (expiresAt === undefined) return skip('its end is not recorded: expiresAt in the configuration')
  const at = new Date(expiresAt).toISOString()
  const due = dueWarning(expiresAt, now)
  if (due === 0) return fail(`it ended at ${at}`, mend)
  const left = Math.floor((expiresAt - now) / days)
  return due === undefined ? ok(`${left} days left, to ${at}`) : warn(`${left} days left, to ${at}`, mend)
}

const oldDays = 90

async function lookAtAge({ source }: Credential, ground: Ground, mend: string): Promise<Verdict> {
  const { surroundings, clock } = ground
  const path = fileOf(source, ground)
  const seen = path === undefined ? undefined : await surroundings.see(path)
  if (seen === undefined) return skip(`how old it is does not show in ${placeOf(source)}`)
  const age = Math.floor((clock.now() - seen.changedAt) / days)
  return age < oldDays ? ok(`${age} days old`) : warn(`${age} days old`, mend)
}

/** What systemd shows is as old as the start of the service; what it was made of lies where setup put it. */
function fileOf(source: Credential['source'], { paths }: Ground): string | undefined {
  return 'file' in source ? source.file : usualCredentialFile(source, paths)
}

/** The advice begins with the word that says what to do with the command. */
function commandOf(advice: string): string {
  return advice.replace(/^Run: /, '').replace(', then: ', ' && ')
}
