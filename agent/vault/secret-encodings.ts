// The forms in which an accident or an echo may carry a secret, as texts to search for. Only the leak guard uses them.

export type SecretEncoding = 'raw' | 'json' | 'uri' | 'hex' | 'base64' | 'base64url'

export type EncodedSecret = { readonly encoding: SecretEncoding; readonly text: string }

/** Anything shorter would be met by chance in every other line. */
const shortestRaw = 4
const shortestEncoded = 8

/** Each form of the secret, those that equal it included; base64 gives three, one for each place where it may begin. */
export function encodingsOf(secret: string): EncodedSecret[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const base64 = [0, 1, 2].map((alignment) => base64Middle(bytes, alignment))
  const all: EncodedSecret[] = [
    { encoding: 'raw', text: secret },
    ...jsonForms(secret).map((text) => ({ encoding: 'json' as const, text })),
    ...uriForms(secret).map((text) => ({ encoding: 'uri' as const, text })),
    { encoding: 'hex', text: hex },
    { encoding: 'hex', text: hex.toUpperCase() },
    ...base64.map((text) => ({ encoding: 'base64' as const, text })),
    ...base64.map((text) => ({ encoding: 'base64url' as const, text: urlSafe(text) })),
  ]
  return all.filter(({ text }) => text.length >= (text === secret ? shortestRaw : shortestEncoded))
}

/** Escaped once, and twice for JSON that is carried as text inside JSON. */
function jsonForms(secret: string): string[] {
  const escaped = (text: string) => JSON.stringify(text).slice(1, -1)
  return [escaped(secret), escaped(escaped(secret))]
}

/** As a path segment, as a form field, and both in the lower case that some proxies write. */
function uriForms(secret: string): string[] {
  const forms = [encodeURIComponent(secret), encodeURI(secret), new URLSearchParams([['', secret]]).toString().slice(1)]
  return forms.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase())])
}

/**
 * The base64 characters that depend on the secret alone when `alignment` bytes precede it, modulo three: the first and the
 * last may share their six bits with a neighbour, and are left off where they do.
 */
function base64Middle(bytes: Buffer, alignment: number): string {
  const text = Buffer.concat([Buffer.alloc(alignment), bytes]).toString('base64')
  return text.slice(Math.ceil((alignment * 8) / 6), Math.floor(((alignment + bytes.length) * 8) / 6))
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}
