// Frames of the relay's protocol: u32 length, u16 zero, u8 type, addresses, headers, text.

export const TYPE = { SUBSCRIBE: 0, MESSAGE: 2, CONNECT: 3, DISCONNECT: 4, PING: 7, PONG: 8, STATUS: 9 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// The bytes of a frame.
export function encode({ type, addresses = [], headers = {}, text = "" }) {
  const texts = (list) => list.map((item) => encoder.encode(item));
  const to = texts(addresses);
  const pairs = texts(Object.entries(headers).flat());
  const body = encoder.encode(text);
  const size = 9 + [...to, ...pairs].reduce((sum, item) => sum + 2 + item.length, 0) + body.length;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 6;
  const byte = (value) => {
    bytes[at] = value;
    at += 1;
  };
  const put = (item) => {
    view.setUint16(at, item.length);
    bytes.set(item, at + 2);
    at += 2 + item.length;
  };
  view.setUint32(0, size - 4);
  byte(type);
  byte(to.length);
  to.forEach(put);
  byte(pairs.length / 2);
  pairs.forEach(put);
  bytes.set(body, at);
  return bytes;
}

// The frame in a buffer. Of two headers with one name the last counts. Throws when it is none.
export function decode(buffer) {
  const view = new DataView(buffer);
  let at = 6;
  const byte = () => {
    at += 1;
    return view.getUint8(at - 1);
  };
  const take = () => {
    const length = view.getUint16(at);
    const text = decoder.decode(new Uint8Array(buffer, at + 2, length));
    at += 2 + length;
    return text;
  };
  const type = byte();
  const addresses = Array.from({ length: byte() }, take);
  const headers = Object.fromEntries(Array.from({ length: byte() }, () => [take(), take()]));
  return { type, addresses, headers, text: decoder.decode(new Uint8Array(buffer, at)) };
}
