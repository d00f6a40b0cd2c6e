// Reads the messages out of the raw bytes of one direction of a WebSocket (RFC 6455, 5.2), by hand: what is looked for in
// them must not depend on the code under test. Bytes from a client are masked, so that a plain search would find nothing.

const headEnd = '\r\n\r\n'

/**
 * All messages after the HTTP head, as text; fragments are joined, control frames stand for themselves, and of what was
 * cut off there is as much as arrived. None where the bytes are no upgraded connection.
 */
export function webSocketTexts(bytes: Buffer): string[] {
  const head = bytes.indexOf(headEnd)
  if (head < 0 || !/upgrade: websocket/i.test(bytes.subarray(0, head).toString('latin1'))) return []
  const messages: Buffer[] = []
  const fragments: Buffer[] = []
  let at = head + headEnd.length
  for (let frame = readFrame(bytes, at); frame !== undefined; frame = readFrame(bytes, at)) {
    at = frame.end
    if (frame.kind === 'control') messages.push(frame.payload)
    else fragments.push(frame.payload)
    if (frame.kind === 'last') messages.push(Buffer.concat(fragments.splice(0)))
  }
  if (fragments.length > 0) messages.push(Buffer.concat(fragments))
  return messages.map((message) => message.toString('utf8'))
}

type Frame = { readonly payload: Buffer; readonly kind: 'control' | 'fragment' | 'last'; readonly end: number }

function readFrame(bytes: Buffer, at: number): Frame | undefined {
  if (at + 2 > bytes.length) return undefined
  const first = bytes.readUInt8(at)
  const second = bytes.readUInt8(at + 1)
  const length = readLength(bytes, at + 2, second & 0x7f)
  if (length === undefined) return undefined
  const isMasked = (second & 0x80) !== 0
  const start = length.end + (isMasked ? 4 : 0)
  const end = start + length.size
  const payload = Buffer.from(bytes.subarray(start, end))
  if (isMasked && payload.length > 0) unmask(payload, bytes.subarray(length.end, start))
  const isControl = (first & 0x08) !== 0
  const isWhole = (first & 0x80) !== 0 && end <= bytes.length
  return { payload, kind: isControl ? 'control' : isWhole ? 'last' : 'fragment', end }
}

function unmask(payload: Buffer, mask: Buffer): void {
  for (let index = 0; index < payload.length; index++) {
    payload.writeUInt8(payload.readUInt8(index) ^ mask.readUInt8(index % 4), index)
  }
}

function readLength(
  bytes: Buffer,
  at: number,
  short: number,
): { readonly size: number; readonly end: number } | undefined {
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0
  if (at + extra > bytes.length) return undefined
  if (extra === 0) return { size: short, end: at }
  return { size: extra === 2 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at)), end: at + extra }
}
