// Why a connection failed, in words for a message.

import { EgressError } from './egress-error.ts'

/** An address that resolves to several fails with an error whose message is empty; its code stands in then. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  const code = 'code' in error ? String(error.code) : error.name
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'what answers there does not speak TLS (plain http at an https URL?)'
  if (code === 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' || code === 'ERR_SSL_UNSUPPORTED_PROTOCOL')
    return 'what answers there speaks only versions of TLS before 1.2, which nobody is to trust'
  // The message of OpenSSL is a line of addresses, routines and source files, with a newline at its end.
  if (code.startsWith('ERR_SSL_') && 'reason' in error) return `TLS: ${error.reason}`
  return error.message || code
}

/** The reason and what to do about it, as sentences that end; an `EgressError` knows better than the advice for all others. */
export function reasonWith(error: unknown, advice: string): string {
  return error instanceof EgressError ? error.message : `${reasonOf(error)}. ${advice}`
}
