// The forms of names and ids that cross a border.

import { z } from 'zod'

/** A JumpCloud object id: 24 lower-case hexadecimal characters (JumpCloud reference 20 [S]). It goes into paths, so nothing else passes. */
export const jumpcloudId = z.string().regex(/^[0-9a-f]{24}$/, 'a JumpCloud id is 24 lower-case hexadecimal characters')

/** The id of a run, chosen by whoever starts it. */
export const runId = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, 'a run id is 8 to 64 letters, digits, _ or -')

/** The name of an agent, a connection or a feed, as people write it. */
export const plainName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    'a name is lower-case letters, digits, - and _, at most 63, and begins with a letter or digit',
  )

/** 32 bytes in base64url: a nonce, a key or a digest. */
export const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected 32 bytes in base64url')

/** A SHA-256 in lower-case hexadecimal. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in lower-case hexadecimal')
