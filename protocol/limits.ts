// Every number of the wire, once. PROTOCOL.md prints them, and a test compares.

const KiB = 1024
const MiB = 1024 * KiB
const seconds = 1000
const minutes = 60 * seconds

export const protocolVersions = { min: 1, max: 1 } as const

/** The WebSocket sub-protocol. */
export const subProtocol = 'sallyport.v1'

export const limits = {
  /** UTF-8 bytes of the `rows` text of one page. */
  pageBytes: 256 * KiB,
  /** A larger frame is refused alone. */
  frameBytes: 1 * MiB,
  /** A larger message ends the socket (close code 1009). */
  socketBytes: 4 * MiB,
  /** Credit that a session begins with, in bytes of `rows` text. */
  sessionCreditBytes: 256 * KiB,
  /** Credit that each attempt begins with in a session. */
  runCreditBytes: 256 * KiB,
  /** Runs in one signed batch. */
  batchRunsCount: 64,
  /** UTF-8 bytes of one run's text. */
  runBytes: 64 * KiB,
  /** Runs that one replica holds at a time; what comes on top is refused `agent_busy`. */
  heldRunsCount: 1000,
  /** Their texts together, in characters; what comes on top is refused as well. */
  heldTextLength: 16 * MiB,
} as const

export const times = {
  /** From the open socket to `welcome`. */
  handshakeMs: 10 * seconds,
  /** Without a byte from the peer for this long, a ping is sent. */
  silenceMs: 20 * seconds,
  /** Without a byte for this long after the ping, the peer is dead. */
  pongMs: 20 * seconds,
  /** How long an old session may take to answer the ping when another instance of its replica knocks. */
  conflictPingMs: 5 * seconds,
  backoffFirstMs: 1 * seconds,
  backoffCapMs: 60 * seconds,
  /** A session that lived this long resets the backoff. */
  lastedMs: 60 * seconds,
  /** Between tries after a fatal close code. */
  fatalRetryMs: 15 * minutes,
  /** No write request starts later than this after its run was received. */
  startWithinMs: 10 * seconds,
  /**
   * From the sending of a write to the first moment at which another replica may be given it: no request of the first can
   * start or be under way then. `startWithinMs`, `handshakeMs` for the age of a batch that may show too small, `callMs`, and 10 s more.
   */
  takeoverMs: 60 * seconds,
  /** One JumpCloud call. */
  callMs: 30 * seconds,
  /** How long a change is looked for after it was made. */
  readBackMs: 5 * seconds,
  /** Time to live of a run whose submitter named none. */
  runTtlMs: 5 * minutes,
  runTtlCapMs: 7 * 24 * 60 * minutes,
  /** Time to live of an enrolment code whose maker named none. */
  codeTtlMs: 15 * minutes,
} as const
