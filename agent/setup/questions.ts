// What setup has to know and may ask a person for. Each answer comes from a flag or a file first.

import { SallyportError } from '@sallyport/protocol/sallyport-error'

export type Choice<Value> = { readonly value: Value; readonly label: string }

/** A person at a terminal. Undefined is an answer that was given up. */
export type Person = {
  text(question: string): Promise<string | undefined>
  /** What is typed is not shown. */
  hidden(question: string): Promise<string | undefined>
  choose<Value>(question: string, choices: readonly Choice<Value>[]): Promise<Value | undefined>
  say(line: string): void
}

/** Nobody is there: what is missing is an error that names the flag for it. */
export type Asking = { readonly person: Person | undefined }

/** What there is to know, and the flag that would have said it. */
export type Matter = { readonly what: string; readonly flag: string }

export const matters = {
  plane: { what: 'the address of the control plane', flag: '--plane URL' },
  code: { what: 'the one-time code of the control plane', flag: '--code CODE (or - for standard input)' },
  region: { what: 'the region of JumpCloud', flag: '--region us, eu or in' },
  key: { what: 'the JumpCloud API key', flag: '--key-file F' },
  proxyPassword: { what: 'the password for the proxy', flag: '--proxy-password-file F' },
} as const satisfies Readonly<Record<string, Matter>>

type Question<Value> = Matter & { readonly ask: (person: Person) => Promise<Value | undefined> }

/** Throws `configuration_invalid` where nobody is there, or gives up. */
export async function answerTo<Value>({ person }: Asking, { what, flag, ask }: Question<Value>): Promise<Value> {
  const answer = person === undefined ? undefined : await ask(person)
  if (answer !== undefined) return answer
  throw missing([{ what, flag }], person === undefined ? 'nobody is there to ask' : 'no answer was given')
}

/** Whoever writes a script hears of all at once. */
export function refuseMissing({ person }: Asking, those: readonly Matter[]): void {
  if (person === undefined && those.length > 0) throw missing(those, 'nobody is there to ask')
}

function missing(those: readonly Matter[], why: string): SallyportError {
  const what = those.map(({ what }) => what).join(', ')
  const flags = those.map(({ flag }) => flag).join(', ')
  const message = `set up: missing: ${what}; and ${why}. Give it with ${flags}. Nothing was changed`
  return new SallyportError('configuration_invalid', message)
}
