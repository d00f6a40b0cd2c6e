// Takes out of an event what must not leave the customer's network, and says where it was. Events are free-form, so this
// goes by names, at any depth; rows of all other jobs are allow-lists and need none of it.

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
export function redactEvent(event: Readonly<Record<string, unknown>>): Redacted {
  const removed: string[] = []
  return { event: object(event, { pointer: '', depth: 0, removed, methods: false }), removed }
}

type Place = {
  readonly pointer: string
  readonly depth: number
  readonly removed: string[]
  /** True where the names are those of methods. */
  readonly methods: boolean
}

function object(value: Readonly<Record<string, Json>>, place: Place): Record<string, Json> {
  const kept: [string, Json][] = []
  const change = isChangeOfRemoved(value)
  for (const [name, member] of Object.entries(value)) {
    const pointer = `${place.pointer}/${escaped(name)}`
    if (mustGo(name, member, { ...place, change })) place.removed.push(pointer)
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
  if (value === null || typeof value === 'boolean') return false
  if (tooDeep(value, place)) return true
  if (place.change && (name === 'from' || name === 'to')) return true
  if (place.methods) return false
  return removedNames.has(plain(name)) || (listNames.has(plain(name)) && Array.isArray(value))
}

/** `{ field, from, to }`, where the field is one that must not leave, alone or as part of a path. */
function isChangeOfRemoved({ field }: Readonly<Record<string, Json>>): boolean {
  if (typeof field !== 'string') return false
  return field.split(/[.[\]/]/).some((part) => removedNames.has(plain(part)) || listNames.has(plain(part)))
}

function tooDeep(value: Json, { depth }: Place): boolean {
  return depth >= deepest && typeof value === 'object' && value !== null
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '')

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
