// Names of groups that a policy allows, each pinned to the id that it had first: a name can be given to another group, and then
// that one gains nothing. Where pins are kept is `pin-file`, who has which name now is asked elsewhere.

/** What a name is worth. Only `pinned` allows anything. */
export type Pin =
  | { readonly state: 'pinned'; readonly id: string }
  /** JumpCloud could not be asked. */
  | { readonly state: 'unresolved'; readonly why: string }
  | { readonly state: 'missing' }
  | { readonly state: 'ambiguous'; readonly ids: readonly string[] }
  /** It belongs to another group than the one that it is pinned to. */
  | { readonly state: 'moved'; readonly id: string; readonly to: string }

/** By name. */
export type Pins = ReadonlyMap<string, Pin>

/**
 * `owners`: the ids of the groups that have the name now. A group that lost its name keeps what the name was pinned to allow;
 * whoever has the name instead gets nothing until a person pins it anew.
 */
export function pinOf(pinnedId: string | undefined, owners: readonly string[]): Pin {
  const [owner] = owners
  if (owners.length > 1) return { state: 'ambiguous', ids: owners }
  if (owner === undefined) return pinnedId === undefined ? { state: 'missing' } : { state: 'pinned', id: pinnedId }
  if (pinnedId !== undefined && pinnedId !== owner) return { state: 'moved', id: pinnedId, to: owner }
  return { state: 'pinned', id: owner }
}

/** Completes "the name … ". */
export function pinSentence(pin: Pin): string {
  switch (pin.state) {
    case 'pinned':
      return `is pinned to ${pin.id}`
    case 'unresolved':
      return `could not be looked up yet (${pin.why}); that is tried again`
    case 'missing':
      return 'belongs to no group'
    case 'ambiguous':
      return `belongs to ${pin.ids.length} groups (${pin.ids.join(', ')}); name one by its id`
    case 'moved':
      return `was pinned to ${pin.id} and belongs to ${pin.to} now; if that is right, run "sallyport policy pin"`
  }
}
