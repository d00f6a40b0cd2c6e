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

type Question<Value> = {
  /** The flag that would have said it. */
  readonly flag: string
  readonly what: string
  readonly ask: (person: Person) => Promise<Value | undefined>
}

/** Throws `configuration_invalid` where nobody is there, or gives up. */
export async function answerTo<Value>({ person }: Asking, { flag, what, ask }: Question<Value>): Promise<Value> {
  const answer = person === undefined ? undefined : await ask(person)
  if (answer !== undefined) return answer
  const why = person === undefined ? 'nobody is there to ask' : 'no answer was given'
  throw new SallyportError(
    'configuration_invalid',
    `set up: ${what} is missing, and ${why}; give it with ${flag}. Nothing was changed`,
  )
}
