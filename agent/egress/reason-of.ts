// Why a connection failed, in words for a message.

/** An address that resolves to several fails with an error whose message is empty; its code stands in then. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  return error.message || ('code' in error ? String(error.code) : error.name)
}
