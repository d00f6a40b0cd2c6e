// A secret in memory. Whatever prints, logs or serialises it shows `[secret]`; `openSecret` is imported by the vault and
// by what signs requests to JumpCloud, and a test holds that.

import { inspect } from 'node:util'

const texts = new WeakMap<Secret, string>()

export class Secret {
  constructor(text: string) {
    texts.set(this, text)
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

/** The text of a secret, for the line that needs it and for no variable that lives longer. */
export function openSecret(secret: Secret): string {
  const text = texts.get(secret)
  if (text === undefined) throw new TypeError('openSecret: this Secret was not made by its constructor')
  return text
}
