/** A picture becomes a photo: small enough for a bad line, upright, with its time, place and digest. */
import { fit } from "../lib/fit";
import { readExif } from "./exif";
import { newKey } from "./store";
import type { Photo } from "./types";

export const MOST = 12;
const BUDGET = 240 * 1024; // twelve of them stay under 3 MB
// Long side and quality, step by step until it fits.
const STEPS: readonly [longest: number, quality: number][] = [
  [1600, 0.8], [1600, 0.68], [1280, 0.68], [1280, 0.55], [1024, 0.55], [1024, 0.45], [800, 0.4], [640, 0.35],
];
const FAR = 0.03; // degrees around the district, as the house has it

export class Unreadable extends Error {}

export interface Place {
  lon: number;
  lat: number;
  accuracy: number | null;
}

/** Whether the picture's own record lies away from the district: then the person is asked. */
export function isFar(photo: Photo, bounds: readonly number[] | null): boolean {
  const { camera_lon: lon, camera_lat: lat } = photo;
  if (lon === null || lat === null || !bounds) return false;
  const [west = 0, south = 0, east = 0, north = 0] = bounds;
  return lon < west - FAR || lon > east + FAR || lat < south - FAR || lat > north + FAR;
}

export async function sha256(data: ArrayBuffer): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", data);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Compress one file; drawing it anew turns it upright and drops what the camera wrote into it. Raises Unreadable. */
export async function small(file: Blob): Promise<ArrayBuffer> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Unreadable();
  }
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (!context) throw new Unreadable();
  let best: Blob | null = null;
  let drawn = 0;
  for (const [longest, quality] of STEPS) {
    if (longest !== drawn) {
      drawn = longest;
      [canvas.width, canvas.height] = fit(picture.width, picture.height, longest);
      context.fillStyle = "#fff";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    }
    best = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (best && best.size <= BUDGET) break;
  }
  picture.close();
  if (!best) throw new Unreadable();
  return best.arrayBuffer();
}

/** The photo of a file, ready to be kept. `now`: taken just now unless the picture says otherwise. */
export async function photoOf(file: File, owner: string, place: Place | null, now = new Date()): Promise<Photo> {
  const exif = readExif(await file.slice(0, 256 * 1024).arrayBuffer());
  const data = await small(file);
  const taken = exif.taken ? new Date(exif.taken) : now;
  // A camera whose clock is off by a month is no witness of the time.
  const believed = Math.abs(now.getTime() - taken.getTime()) < 29 * 86_400_000 && taken <= now ? taken : now;
  return {
    key: newKey(),
    owner,
    data,
    digest: await sha256(data),
    taken_at: believed.toISOString(),
    lon: place?.lon ?? null,
    lat: place?.lat ?? null,
    accuracy: place?.accuracy ?? null,
    camera_lon: exif.lon ?? null,
    camera_lat: exif.lat ?? null,
    sure: false,
    sent: false,
  };
}
