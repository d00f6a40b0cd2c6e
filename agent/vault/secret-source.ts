// Where a secret may come from, as data. Reading one is in `read-secret.ts`.

/** A program whose standard output is the secret. */
export type ProgramSource = {
  /** The program by its absolute path, and its arguments; no shell sees them. */
  readonly command: readonly [string, ...string[]]
  /** Names of the variables that it is given besides `PATH`. */
  readonly environment: readonly string[]
  readonly timeoutMs: number
}

export type SecretSource =
  | { readonly systemd: string }
  /** `sharedMount`: a container mounts it so that its owner and readers are none of ours to choose. */
  | { readonly file: string; readonly sharedMount?: true }
  | { readonly keychain: { readonly service: string; readonly account: string } }
  | { readonly exec: ProgramSource }
  | { readonly env: string }

/** For messages on the host and tables; arguments of a program are left out. */
export function placeOf(source: SecretSource): string {
  if ('systemd' in source) return `systemd credential ${source.systemd}`
  if ('file' in source) return `file ${source.file}`
  if ('keychain' in source) return `keychain entry ${source.keychain.service}/${source.keychain.account}`
  if ('exec' in source) return `program ${source.exec.command[0]}`
  return `environment variable ${source.env}`
}
