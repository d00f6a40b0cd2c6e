// What people have to do where JumpCloud refuses a credential: one command, or the place where it comes from.

import { placeOf, type SecretSource } from '../vault/secret-source.ts'

export function mendOf(source: SecretSource, name: string): string {
  if ('systemd' in source) return `Run: sallyport token set ${name}, then: systemctl restart sallyport`
  // A container cannot write what is mounted into it.
  if ('file' in source && source.sharedMount) return `Write the new secret to where ${source.file} is mounted from`
  if ('file' in source) return `Run: sallyport token set ${name}`
  if ('env' in source) return `Set ${source.env}, and start the agent again`
  return `Change it where it comes from: ${placeOf(source)}`
}
