// Owns levers on the key: when it stops working, and all the places in which JumpCloud might repeat it.

import { z } from 'zod'
import type { Answer } from '../http/answer.ts'
import { basicCredential, presentedSecret } from '../http/authenticate.ts'
import { isJsonObject } from '../json.ts'
import { Condition, leverKind } from './lever.ts'

const Encoding = z.enum(['raw', 'base64', 'base64url', 'hex', 'uri'])
type Encoding = z.infer<typeof Encoding>

export function encodeSecret(secret: string, encoding: Encoding): string {
  if (encoding === 'raw') return secret
  return encoding === 'uri' ? encodeURIComponent(secret) : Buffer.from(secret).toString(encoding)
}

const RevokeKey = Condition.omit({ count: true }).extend({
  key: z.string(),
  /** Matching requests that still succeed; without it the key is dead at once. */
  after: z.number().int().min(0).optional(),
})

/** JumpCloud kills the old key the moment a new one is made. */
export const revokeKey = leverKind(RevokeKey, ({ pull, world }, { key, ...condition }) => {
  const grant = world.keyRing.require(key)
  if (condition.after === undefined) grant.revoked = true
  return pull({ ...condition, count: 1 }, (request, serve) => {
    grant.revoked = true
    return serve(request)
  })
})

const ExpireKey = z.strictObject({ key: z.string(), at: z.number() })

/** The key ends at an instant of the simulator's clock. Releasing gives it back. */
export const expireKey = leverKind(ExpireKey, ({ world }, { key, at }) => {
  const grant = world.keyRing.require(key)
  grant.expiresAt = at
  const release = (): void => {
    grant.expiresAt = Number.POSITIVE_INFINITY
  }
  return { release, used: () => Number(world.now() >= at) }
})

/** Repeats the presented key in headers of every matching answer and, from status 400 up, in its body. */
export const echoKey = leverKind(Condition, ({ pull }, condition) =>
  pull(condition, async (request, serve) => {
    const answer = await serve(request)
    const secret = presentedSecret(request) ?? basicCredential(request)[1]
    return secret === '' ? answer : withEcho(answer, secret)
  }),
)

function withEcho(answer: Answer, secret: string): Answer {
  const echoes = Encoding.options.map((encoding) => [`x-echo-${encoding}`, encodeSecret(secret, encoding)])
  const headers: Record<string, string> = { ...answer.headers, ...Object.fromEntries(echoes) }
  if (answer.status < 400) return { ...answer, headers }
  const words = `presented ${echoes.map(([, form]) => form).join(' ')}`
  if (answer.text !== undefined)
    return { ...answer, headers, text: { ...answer.text, content: answer.text.content + words } }
  const json = isJsonObject(answer.json) ? answer.json : {}
  return { ...answer, headers, json: { ...json, message: `${String(json.message ?? '')}; ${words}`, key: secret } }
}

const PlantKey = z.strictObject({ key: z.string(), groupId: z.string(), encoding: Encoding.default('raw') })

/** Puts the key into a group's description, where a listing brings it out as an ordinary value. */
export const plantKey = leverKind(PlantKey, ({ world }, { key, groupId, encoding }) => {
  const groups = world.tenants.find((tenant) => tenant.groups.get(groupId) !== undefined)?.groups
  const group = groups?.get(groupId)
  if (groups === undefined || group === undefined) throw new Error(`simulator: there is no group ${groupId}`)
  groups.replace({ ...group, description: `rotate ${encodeSecret(key, encoding)} soon` })
  return { release: () => groups.replace(group), used: () => 1 }
})
