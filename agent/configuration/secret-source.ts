// How a configuration names where a secret comes from: exactly one source, and what belongs to it. Reading is the vault's work.

import { isAbsolute } from 'node:path'
import { z } from 'zod'
import type { SecretSource } from '../vault/secret-source.ts'

const absolutePath = z.string().refine(isAbsolute, 'this must be an absolute path')
// Capitals alone: a key that is pasted here in place of a name would be shown wherever the name is.
const variable = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]{0,63}$/, 'this must be the name of an environment variable in capitals')
const entryPart = z.string().min(1, 'this must not be empty').max(255, 'this must be at most 255 characters')

export const secretSourceKeys = {
  systemd: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}$/, 'this must be the name of a systemd credential')
    .optional()
    .describe('a credential that systemd gives to the service, by its name in `LoadCredential=`'),
  file: absolutePath
    .optional()
    .describe('a file that holds the secret, alone, readable by the service and by nobody else (mode 0600)'),
  sharedMount: z
    .literal(true)
    .optional()
    .describe(
      'the `file` is mounted by a container for its group or under another owner; then only writers are refused',
    ),
  keychain: z
    .strictObject({
      service: entryPart.describe('the service that the entry was stored under'),
      account: entryPart.describe('the account that it was stored under'),
    })
    .optional()
    .describe('an entry of the keychain of the operating system; needs the optional package keytar'),
  exec: z
    .tuple([absolutePath], z.string())
    .optional()
    .describe('a program by its absolute path, and its arguments; it prints the secret, and no shell is involved'),
  execEnvironment: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'this must be the name of an environment variable'))
    .optional()
    .describe('names of the environment variables that the program of `exec` is given besides PATH'),
  execTimeoutMs: z
    .int()
    .min(100, 'this must be at least 100')
    .max(60_000, 'this must be at most 60000')
    .optional()
    .describe('how long the program of `exec` may take, in milliseconds; 10000 if left out'),
  env: variable.optional().describe('an environment variable that holds the secret; for trying things out'),
}

type Named = z.output<z.ZodObject<typeof secretSourceKeys>>

const usualTimeoutMs = 10_000

/** The one source that is named; an issue where there is none, several, or a key that belongs to another. */
export function sourceNamed(named: Named, context: z.RefinementCtx): SecretSource {
  const sources = sourcesIn(named)
  const [source] = sources
  const strays = [
    ...(named.file === undefined && named.sharedMount ? ['sharedMount belongs to file'] : []),
    ...(named.exec === undefined && named.execEnvironment ? ['execEnvironment belongs to exec'] : []),
    ...(named.exec === undefined && named.execTimeoutMs ? ['execTimeoutMs belongs to exec'] : []),
  ]
  for (const message of strays) context.addIssue({ code: 'custom', message })
  if (source !== undefined && sources.length === 1) return source
  context.addIssue({ code: 'custom', message: 'name exactly one of systemd, file, keychain, exec or env' })
  return z.NEVER
}

function sourcesIn(named: Named): SecretSource[] {
  const { systemd, file, sharedMount, keychain, exec, execEnvironment, execTimeoutMs, env } = named
  const program = exec && {
    command: exec,
    environment: execEnvironment ?? [],
    timeoutMs: execTimeoutMs ?? usualTimeoutMs,
  }
  return [
    ...(systemd === undefined ? [] : [{ systemd }]),
    ...(file === undefined ? [] : [{ file, ...(sharedMount ? { sharedMount } : {}) }]),
    ...(keychain === undefined ? [] : [{ keychain }]),
    ...(program === undefined ? [] : [{ exec: program }]),
    ...(env === undefined ? [] : [{ env }]),
  ]
}
