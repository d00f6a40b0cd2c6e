// Owns what a JSON value is here and how a dotted path is read from one.

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export type JsonObject = { readonly [member: string]: Json | undefined }

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads `mfa.configured` and the like; an array is entered by trying each of its items. */
export function valueAt(row: Json | undefined, path: string): Json | undefined {
  if (isJsonObject(row) && !path.includes('.')) return row[path]
  const [head = '', ...rest] = path.split('.')
  if (Array.isArray(row)) return row.map((item: Json) => valueAt(item, path)).find((found) => found !== undefined)
  if (!isJsonObject(row)) return undefined
  return rest.length === 0 ? row[head] : valueAt(row[head], rest.join('.'))
}
