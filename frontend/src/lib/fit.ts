const LONGEST = 1600;

/** Size after fitting inside a square of `longest` pixels; never larger than it was. */
export function fit(width: number, height: number, longest = LONGEST): [width: number, height: number] {
  const scale = Math.min(1, longest / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}
