// What Node itself may be told that would make the promises of this process void: to take any certificate, or to open its memory.

import { SallyportError } from '@sallyport/protocol/sallyport-error'

export type ProcessSettings = {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The flags that Node was started with. */
  readonly nodeFlags: readonly string[]
}

/** By these, others on the host or a file there get the memory, where the secrets are, or what travels under TLS. */
const opening = /^--(inspect|heapsnapshot|heap-prof|abort-on-uncaught-exception|tls-keylog|trace-tls)/

/** Throws `configuration_invalid` for a variable or a flag of Node by which the JumpCloud credential could be read. */
export function refuseUnsafeProcess({ environment, nodeFlags }: ProcessSettings): void {
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new SallyportError(
      'configuration_invalid',
      'start: NODE_TLS_REJECT_UNAUTHORIZED=0 is set, so that anybody on the way could read the JumpCloud credential; unset it',
    )
  }
  const flags = [...nodeFlags, ...(environment.NODE_OPTIONS ?? '').split(/[\s"]+/)]
  const flag = flags.find((each) => opening.test(each.replaceAll('_', '-')))
  if (flag === undefined) return
  const [name] = flag.split('=', 1)
  throw new SallyportError(
    'configuration_invalid',
    `start: Node was told ${name}, by which others on this host could read the JumpCloud credential; start without it (NODE_OPTIONS counts too)`,
  )
}
