/** Why a connection failed, for a message. An address that resolves to several fails with an error whose message is empty. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  return error.message || ('code' in error ? String(error.code) : error.name)
}
