// Takes out of an event what must not leave the customer's network, and says where it was. Events are free-form, so this
// goes by names, at any depth; rows of all other jobs are allow-lists and need none of it.

import { plainField as plain } from '../policy/fields.ts'
import { type EventRedaction, noRedaction } from '../policy/redaction.ts'

type Json = unknown

/** Written without case, `_` and `-`. Secrets, and what is personal beyond name, e-mail address and login. */
const removedNames: ReadonlySet<string> = new Set([
  ...['password', 'passwords', 'newpassword', 'oldpassword', 'currentpassword', 'passphrase', 'passwordhash'],
  ...[
    'secret',
    'secrets',
    'sharedsecret',
    'clientsecret',
    'totpsecret',
    'totpkey',
    'token',
    'accesstoken',
    'refreshtoken',
  ],
  ...[
    'apikey',
    'xapikey',
    'connectkey',
    'privatekey',
    'idpprivatekey',
    'spprivatekey',
    'idpcertificate',
    'spcertificate',
  ],
  ...['fdekey', 'recoverykey', 'bitlockerkey', 'publickey', 'sshkey', 'sshkeys'],
  ...[
    'phone',
    'phones',
    'phonenumber',
    'phonenumbers',
    'mobile',
    'address',
    'addresses',
    'streetaddress',
    'postaladdress',
  ],
  ...['config', 'configuration'],
])

/** Custom attributes come as a list of names and values; the attributes of a graph edge (sudo rights) are an object and stay. */
const listNames: ReadonlySet<string> = new Set(['attributes', 'customattributes'])

/** Below it the names are of methods, not of values: `auth_methods.password.success`. */
const namesOfMethods: ReadonlySet<string> = new Set(['authmethods'])

/** Deeper than any event that was seen; what lies below is not looked at, so it does not leave. */
const deepest = 32

export type Redacted = {
  readonly event: Record<string, unknown>
  /** JSON Pointers (RFC 6901) to what was taken out, in the order of the event. */
  readonly removed: readonly string[]
}

/** The event without what must not leave. Flags and nulls stay, because `passwordSet: true` is no secret. */
export function redactEvent(
  event: Readonly<Record<string, unknown>>,
  redaction: EventRedaction = noRedaction.events,
): Redacted {
  const removed: string[] = []
  return { event: object(event, { pointer: '', depth: 0, removed, methods: false, redaction }), removed }
}

type Place = {
  readonly pointer: string
  readonly depth: number
  readonly removed: string[]
  /** True where the names are those of methods. */
  readonly methods: boolean
  /** What the policy says beyond that. */
  readonly redaction: EventRedaction
}

function object(value: Readonly<Record<string, Json>>, place: Place): Record<string, Json> {
  const kept: [string, Json][] = []
  const { redaction } = place
  const change = isChangeOf(value, (name) => isRemoved(name, redaction) || isList(name, redaction))
  const isDropped = isChangeOf(value, (name) => redaction.dropped.has(name))
  const isHashed = isChangeOf(value, (name) => redaction.hashed.has(name))
  for (const [name, member] of Object.entries(value)) {
    const pointer = `${place.pointer}/${escaped(name)}`
    if (redaction.hashed.has(plain(name)) || (isHashed && isEnd(name)))
      keepHashed(name, member, { place, pointer, kept })
    else if ((isDropped && isEnd(name)) || mustGo(name, member, { ...place, change })) place.removed.push(pointer)
    else kept.push([name, inside(member, { ...place, pointer, methods: namesOfMethods.has(plain(name)) })])
  }
  return Object.fromEntries(kept)
}

function inside(value: Json, place: Place): Json {
  const below = { ...place, depth: place.depth + 1 }
  if (isObject(value)) return object(value, below)
  if (!Array.isArray(value)) return value
  return value.flatMap((item: Json, index) => {
    const pointer = `${place.pointer}/${index}`
    if (tooDeep(item, below)) {
      place.removed.push(pointer)
      return []
    }
    return [inside(item, { ...below, pointer })]
  })
}

function mustGo(name: string, value: Json, place: Place & { readonly change: boolean }): boolean {
  const { redaction } = place
  if (redaction.dropped.has(plain(name))) return true
  if (value === null || typeof value === 'boolean') return false
  if (tooDeep(value, place)) return true
  if (place.change && isEnd(name)) return true
  if (place.methods) return false
  return isRemoved(plain(name), redaction) || (isList(plain(name), redaction) && Array.isArray(value))
}

const isEnd = (name: string): boolean => name === 'from' || name === 'to'

function isRemoved(name: string, { dropped, revealed }: EventRedaction): boolean {
  return dropped.has(name) || (removedNames.has(name) && !revealed.has(name))
}

function isList(name: string, { revealed }: EventRedaction): boolean {
  return listNames.has(name) && !revealed.has(name)
}

type Hashing = { readonly place: Place; readonly pointer: string; readonly kept: [string, Json][] }

/** What is no text has no hash, and goes. */
function keepHashed(name: string, value: Json, { place, pointer, kept }: Hashing): void {
  if (value === null) kept.push([name, null])
  else if (typeof value === 'string') kept.push([name, place.redaction.hash(value)])
  else place.removed.push(pointer)
}

/** `{ field, from, to }`, where the field is one of these, alone or as part of a path. */
function isChangeOf({ field }: Readonly<Record<string, Json>>, isOne: (name: string) => boolean): boolean {
  return typeof field === 'string' && field.split(/[.[\]/]/).some((part) => isOne(plain(part)))
}

function tooDeep(value: Json, { depth }: Place): boolean {
  return depth >= deepest && typeof value === 'object' && value !== null
}

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
