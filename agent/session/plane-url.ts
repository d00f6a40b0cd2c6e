// Where the doors of a control plane are. Its URL may have a path, where a vendor attached it under a prefix.

export function planeUrl(base: string, path: string): URL {
  return new URL(`${base.replace(/\/+$/, '')}${path}`)
}
