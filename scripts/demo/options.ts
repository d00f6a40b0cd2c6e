// The flags of the demo. npm passes flags that stand before `--` as environment variables, so those count too.

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../../agent/ports/clock.ts'
import { systemFiles } from '../../agent/ports/files.ts'
import { readSecret } from '../../agent/vault/read-secret.ts'

export type DemoOptions = {
  readonly json: boolean
  readonly keep: boolean
  /** Undefined where JumpCloud is simulated. */
  readonly real: { readonly region: string; readonly tokenFile: string } | undefined
}

/** The person at the keyboard can mend it; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const regions = ['us', 'eu', 'in']

export async function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<DemoOptions> {
  const { json, keep, region, 'token-file': tokenFile } = parse(args)
  const flags = {
    json: json || environment.npm_config_json === 'true',
    keep: keep || environment.npm_config_keep === 'true',
  }
  if (tokenFile === undefined && region === undefined) return { ...flags, real: undefined }
  if (tokenFile === undefined || region === undefined || !regions.includes(region)) {
    throw new UsageError(
      '--token-file FILE and --region us, eu or in go together; without both, JumpCloud is simulated.',
    )
  }
  // npm starts scripts in the folder of the package, and says where the person was.
  const path = resolve(environment.INIT_CWD ?? '.', tokenFile)
  const reading = {
    connection: 'main',
    source: { file: path },
    files: systemFiles,
    environment: {},
    clock: systemClock,
  }
  await readSecret(reading).catch((error: unknown) => {
    throw new UsageError(`--token-file: ${error instanceof Error ? error.message : 'it cannot be read'}`)
  })
  return { ...flags, real: { region, tokenFile: path } }
}

function parse(args: readonly string[]) {
  const options = {
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    'token-file': { type: 'string' },
    region: { type: 'string' },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    const why = error instanceof Error ? error.message : 'these flags do not fit'
    throw new UsageError(`${why}. There are: --json, --keep, and --token-file FILE with --region us, eu or in.`)
  }
}
