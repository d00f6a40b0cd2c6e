// Why the way to another end is closed, where the agent itself knows better than the system.

/** What there is to say to others than the customer: the log on the host names addresses, proxies and issuers. */
const gists = {
  EGRESS_REFUSED: "was refused by the agent's own egress guard; the log at the agent says why",
  PROXY_FAILED: "was not let through by the proxy on the agent's side; the log at the agent says why",
  CERTIFICATE_UNTRUSTED:
    'was answered under a certificate that the agent does not trust; the log at the agent says whose',
} as const

export class EgressError extends Error {
  override readonly name = 'EgressError'
  readonly code: keyof typeof gists

  /** `message` is a whole sentence for the customer, which says what to do next; it holds no secret. */
  constructor(code: keyof typeof gists, message: string, details: { readonly cause?: unknown } = {}) {
    super(message, details)
    this.code = code
  }

  /** What may leave the host; it completes "the request …". */
  get gist(): string {
    return gists[this.code]
  }
}

/** The guard said no. */
export function refused(what: string): EgressError {
  return new EgressError('EGRESS_REFUSED', `refused by the agent's own egress guard: ${what}`)
}
