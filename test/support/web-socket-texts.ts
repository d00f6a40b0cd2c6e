// Reads the payloads out of the raw bytes of one direction of a WebSocket (RFC 6455, 5.2), by hand: what is looked for in
// them must not depend on the code under test. Bytes from a client are masked, so that a plain search would find nothing.

const headEnd = '\r\n\r\n'

/** Payloads of all whole frames after the HTTP head, as text; none where the bytes are no upgraded connection. */
export function webSocketTexts(bytes: Buffer): string[] {
  const head = bytes.indexOf(headEnd)
  if (head < 0 || !/upgrade: websocket/i.test(bytes.subarray(0, head).toString('latin1'))) return []
  const texts: string[] = []
  let at = head + headEnd.length
  for (let frame = readFrame(bytes, at); frame !== undefined; frame = readFrame(bytes, at)) {
    texts.push(frame.payload.toString('utf8'))
    at = frame.end
  }
  return texts
}

function readFrame(bytes: Buffer, at: number): { readonly payload: Buffer; readonly end: number } | undefined {
  if (at + 2 > bytes.length) return undefined
  const second = bytes.readUInt8(at + 1)
  const length = readLength(bytes, at + 2, second & 0x7f)
  if (length === undefined) return undefined
  const masked = (second & 0x80) !== 0
  const start = length.end + (masked ? 4 : 0)
  const end = start + length.size
  if (end > bytes.length) return undefined
  const payload = Buffer.from(bytes.subarray(start, end))
  if (masked) for (let index = 0; index < payload.length; index++) unmask(payload, index, bytes, length.end)
  return { payload, end }
}

function unmask(payload: Buffer, index: number, bytes: Buffer, maskAt: number): void {
  payload.writeUInt8(payload.readUInt8(index) ^ bytes.readUInt8(maskAt + (index % 4)), index)
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
