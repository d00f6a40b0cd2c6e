// Whether a ledger is what was written: every line bound to the one before, every signed head true, and every head that
// somebody kept elsewhere in its place. It says the first thing that is wrong, and where.

import { z } from 'zod'
import { thumbprint } from '../identity/thumbprint.ts'
import { beginning, type Head, head, headOf, type Link, lineBytes, readLink } from './chain.ts'
import { type LedgerLine, readLines } from './read-lines.ts'
import { isSignedBy } from './signed-head.ts'

export type Fault = {
  /** Undefined where the ledger as a whole is meant. */
  readonly file?: string
  /** In that file, counted from 1. */
  readonly line?: number
  readonly why: string
}

export type Verdict = {
  /** The first that was found; undefined where the ledger is whole. */
  readonly fault: Fault | undefined
  readonly lineCount: number
  /** The first line that is there; lines before it were removed by retention. */
  readonly first: Head | undefined
  readonly last: Head | undefined
  /** The newest line that a signature by the replica's key covers, with all before it. */
  readonly signed: Head | undefined
  /** What is behind the last whole line: a crash, or the agent is writing. */
  readonly tornBytes: number
}

export type VerifyOptions = {
  readonly directory: string
  /** The `x` of the replica's key. */
  readonly publicKey: string
  /** That were kept elsewhere. */
  readonly heads: readonly Head[]
}

const signedHead = z.object({ agent: z.string(), replica: z.string(), head, kid: z.string(), signature: z.string() })
const removal = z.object({ through: head })

/** Throws `ledger_broken` where a file of it is none, and the error of the system where it cannot be read. */
export function verifyLedger({ directory, publicKey, heads }: VerifyOptions): Verdict {
  const checking = new Checking(publicKey, heads)
  for (const line of readLines(directory)) {
    const why = checking.take(line)
    if (why !== undefined) return checking.verdict({ file: line.file.name, line: line.number, why })
  }
  const why = checking.end()
  return checking.verdict(why === undefined ? undefined : { why })
}

class Checking {
  readonly #publicKey: string
  readonly #kid: string
  readonly #heads: Map<number, string>
  /** Ends of files that the ledger says it removed. */
  readonly #removed = new Map<number, string>()
  #before: Head | undefined
  #first: { readonly head: Head; readonly before: string } | undefined
  #signed: Head | undefined
  #lineCount = 0
  #torn: LedgerLine | undefined
  #tornBytes = 0

  constructor(publicKey: string, heads: readonly Head[]) {
    this.#publicKey = publicKey
    this.#kid = thumbprint(publicKey)
    this.#heads = new Map(heads.map(({ seq, hash }) => [seq, hash]))
  }

  /** Says what is wrong with it. */
  take(line: LedgerLine): string | undefined {
    if (this.#torn !== undefined) return `the file before, ${this.#torn.file.name}, ends in the middle of a line`
    // No crash leaves that: a line is never written in part beyond what a line may be.
    if (line.bytes.length > lineBytes) return `it is longer than the ${lineBytes} bytes that a line may have`
    if (!line.isWhole) {
      this.#torn = line
      this.#tornBytes = line.bytes.length
      return undefined
    }
    const link = readLink(line.bytes.toString('utf8'))
    if (link === undefined) return 'it is no line of a ledger'
    const { seq, hash } = this.#before ?? { seq: link.seq - 1, hash: link.before }
    if (link.seq !== seq + 1) return `it has the number ${link.seq}, and ${seq + 1} comes here`
    if (link.before !== hash) return 'it does not follow from the line before: one of the two was changed'
    return this.#takeLink(link, headOf(link.seq, line.bytes))
  }

  end(): string | undefined {
    if (this.#first === undefined) return 'there is no ledger'
    const { head: first, before } = this.#first
    const isWhole = first.seq === 1 ? before === beginning.hash : this.#removed.get(first.seq - 1) === before
    if (!isWhole) return `it begins with line ${first.seq}, and no line says that those before were removed`
    const kept = [...this.#heads].find(([seq]) => seq < first.seq || seq > (this.#before?.seq ?? 0))
    if (kept !== undefined) {
      return kept[0] < first.seq
        ? `line ${kept[0]}, of which a head was kept, is older than what is kept here: it begins with line ${first.seq}`
        : `it ends with line ${this.#before?.seq}, and there was a line ${kept[0]}: what came last was cut off`
    }
    if (this.#signed === undefined) return 'no head in it is signed by the key of this replica'
    return undefined
  }

  verdict(fault: Fault | undefined): Verdict {
    return {
      fault,
      lineCount: this.#lineCount,
      first: this.#first?.head,
      last: this.#before,
      signed: this.#signed,
      tornBytes: this.#tornBytes,
    }
  }

  #takeLink(link: Link, own: Head): string | undefined {
    const before = { seq: own.seq - 1, hash: link.before }
    this.#first ??= { head: own, before: link.before }
    const kept = this.#heads.get(own.seq)
    if (kept !== undefined && kept !== own.hash)
      return `it is not the line ${own.seq} of which a head was kept elsewhere`
    const why = link.kind === 'ledger.head' ? this.#takeSignature(link, before) : undefined
    if (why !== undefined) return why
    const { through } = (link.kind === 'ledger.pruned' && removal.safeParse(link).data) || {}
    if (through !== undefined) this.#removed.set(through.seq, through.hash)
    this.#before = own
    this.#lineCount += 1
    return undefined
  }

  /** A head by another key, which the replica had before, proves nothing by itself; those by this key cover it. */
  #takeSignature(link: Link, before: Head): string | undefined {
    const entry = signedHead.safeParse(link).data
    if (entry === undefined) return 'it is no signed head'
    if (entry.head.seq !== before.seq || entry.head.hash !== before.hash)
      return 'its head is not that of the line before'
    if (entry.kid !== this.#kid) return undefined
    if (!isSignedBy(this.#publicKey, entry)) return 'its signature is not by the key of this replica'
    this.#signed = before
    return undefined
  }
}
