// Loaded before the agent's own program (`--import`): stands in for the optional package keytar, with the interface of its
// entry. `KEYCHAIN` names the file that is the keychain; `locked` is one that does not answer, `absent` is no package at all.

import { registerHooks } from 'node:module'

const keychain = process.env.KEYCHAIN ?? 'absent'

const source = `
import { readFile } from 'node:fs/promises'
const keychain = ${JSON.stringify(keychain)}
export default {
  getPassword: async (service, account) => {
    if (keychain === 'locked') throw new Error('The name org.freedesktop.secrets was not provided by any .service files')
    return JSON.parse(await readFile(keychain, 'utf8'))[service + '/' + account] ?? null
  },
}`

registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier !== 'keytar/keytar.js') return next(specifier, context)
    if (keychain === 'absent') throw new Error('Cannot find package keytar')
    return { url: 'stand-in:keytar', format: 'module', shortCircuit: true }
  },
  load: (url, context, next) =>
    url === 'stand-in:keytar' ? { format: 'module', source, shortCircuit: true } : next(url, context),
})
