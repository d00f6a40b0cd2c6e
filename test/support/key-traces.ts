// Looks for a key in what left a host, in every form that an accident could give it. Written apart from the product's own
// list of forms, so that what that one forgets is found here.

export type Trace = { readonly form: string; readonly text: string }

/** Each form as the text to look for; base64 from each of the three places where it may begin. */
export function tracesOf(key: string): readonly Trace[] {
  const bytes = Buffer.from(key)
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  const unicode = [...key].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  const base64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(2)]).toString('base64')
    const core = text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3))
    return [
      { form: `base64 after ${before}`, text: core },
      { form: `base64url after ${before}`, text: core.replaceAll('+', '-').replaceAll('/', '_') },
    ]
  })
  return [
    { form: 'raw', text: key },
    { form: 'reversed', text: [...key].reverse().join('') },
    { form: 'json', text: JSON.stringify(key).slice(1, -1) },
    { form: 'json, every character escaped', text: unicode },
    { form: 'uri', text: encodeURIComponent(key) },
    { form: 'uri, every byte escaped', text: percent },
    { form: 'uri, every byte escaped in capitals', text: percent.toUpperCase() },
    { form: 'hex', text: bytes.toString('hex') },
    { form: 'hex in capitals', text: bytes.toString('hex').toUpperCase() },
    ...base64,
  ]
}

/** The forms in which the key is there. */
export function findTraces(text: string, key: string): readonly string[] {
  return tracesOf(key).flatMap(({ form, text: trace }) => (text.includes(trace) ? [form] : []))
}
