/** When and where a picture says that it was taken. Reads JPEG's EXIF only; anything odd is "does not say". */
export interface Exif {
  lon?: number;
  lat?: number;
  taken?: string; // local time as the camera wrote it: 2026-11-23T10:20:30
}

export function readExif(buffer: ArrayBuffer): Exif {
  try {
    return read(new DataView(buffer));
  } catch {
    return {};
  }
}

function read(view: DataView): Exif {
  if (view.getUint16(0) !== 0xffd8) return {};
  let at = 2;
  while (at + 4 < view.byteLength) {
    const mark = view.getUint16(at);
    const size = view.getUint16(at + 2);
    if (mark === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return tiff(view, at + 10);
    if ((mark & 0xff00) !== 0xff00 || mark === 0xffda) return {};
    at += 2 + size;
  }
  return {};
}

function tiff(view: DataView, base: number): Exif {
  const little = view.getUint16(base) === 0x4949;
  const u16 = (at: number): number => view.getUint16(base + at, little);
  const u32 = (at: number): number => view.getUint32(base + at, little);
  const entries = (at: number): Map<number, number> => {
    const found = new Map<number, number>();
    for (let i = 0, n = Math.min(u16(at), 200); i < n; i++) found.set(u16(at + 2 + i * 12), at + 2 + i * 12);
    return found;
  };
  const text = (entry: number): string => {
    const n = u32(entry + 4);
    const from = n > 4 ? u32(entry + 8) : entry + 8;
    return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + base + from, n)).replace(/\0.*$/, "");
  };
  const degrees = (entry: number): number => {
    const from = u32(entry + 8);
    const part = (i: number): number => u32(from + i * 8) / (u32(from + i * 8 + 4) || 1);
    return part(0) + part(1) / 60 + part(2) / 3600;
  };
  const main = entries(u32(4));
  const out: Exif = {};
  const photo = main.get(0x8769);
  if (photo !== undefined) {
    const taken = entries(u32(photo + 8)).get(0x9003);
    const match = taken === undefined ? null : /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(text(taken));
    if (match) out.taken = `${match[1]}-${match[2]}-${match[3]}T${match[4]}`;
  }
  const gps = main.get(0x8825);
  if (gps !== undefined) {
    const place = entries(u32(gps + 8));
    const [south, lat, west, lon] = [1, 2, 3, 4].map((tag) => place.get(tag));
    if (lat !== undefined && lon !== undefined) {
      const y = degrees(lat) * (south !== undefined && text(south) === "S" ? -1 : 1);
      const x = degrees(lon) * (west !== undefined && text(west) === "W" ? -1 : 1);
      if (Math.abs(y) <= 90 && Math.abs(x) <= 180 && (x !== 0 || y !== 0)) Object.assign(out, { lon: x, lat: y });
    }
  }
  return out;
}
