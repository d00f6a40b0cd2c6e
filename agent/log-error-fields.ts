// What a log line says of an error. Messages of Sallyport carry no secret, body or header; those of others pass the guard.

export type ErrorFields = {
  readonly code?: string
  readonly message: string
  /** Messages of what caused it, the nearest first. */
  readonly causes?: readonly string[]
  readonly stack?: string
}

const deepestCause = 8

/** An error as plain fields; `code` is there where the error has a literal one. */
export function errorFields(error: Error, detail: 'with-stack' | 'without-stack'): ErrorFields {
  const causes = causesOf(error)
  return {
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    message: error.message,
    ...(causes.length > 0 ? { causes } : {}),
    ...(detail === 'with-stack' && error.stack !== undefined ? { stack: error.stack } : {}),
  }
}

function causesOf(error: Error): string[] {
  const messages: string[] = []
  const seen = new Set<unknown>([error])
  let next = causeOf(error)
  while (next instanceof Error && !seen.has(next) && messages.length < deepestCause) {
    seen.add(next)
    messages.push(next.message)
    next = causeOf(next)
  }
  return messages
}

/** Node answers a name with several addresses by one error without a message that holds an error for each. */
function causeOf(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : error.cause
}
