// The one environment variable that would make every promise of this process about its connections void.

import { SallyportError } from '@sallyport/protocol/sallyport-error'

/** Throws `configuration_invalid` where Node was told to accept any certificate. */
export function refuseDisabledTls(environment: Readonly<Record<string, string | undefined>>): void {
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return
  throw new SallyportError(
    'configuration_invalid',
    'start: NODE_TLS_REJECT_UNAUTHORIZED=0 is set, so that anybody on the way could read the JumpCloud credential; unset it',
  )
}
