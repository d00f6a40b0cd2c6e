// The text that a replica signs for a head of its own record, so that whoever keeps it can tell later that it was one.

export type LedgerHead = {
  /** The number of a line, counted from 1. */
  readonly seq: number
  /** SHA-256 of its bytes, in lower-case hexadecimal. */
  readonly hash: string
}

type OfReplica = { readonly agent: string; readonly replica: string; readonly head: LedgerHead }

export function ledgerHeadText({ agent, replica, head: { seq, hash } }: OfReplica): string {
  return ['sallyport ledger v1 head', agent, replica, seq, hash].join('\n')
}
