// Makes a file that was made or removed in a directory stay so when the power fails.

import { closeSync, fsyncSync, openSync } from 'node:fs'

export function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
