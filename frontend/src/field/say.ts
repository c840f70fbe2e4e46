import { say } from "../lib/words";

/** Chinese and English side by side, {0} {1} filled. */
export const T = (zh: string, en: string, ...values: (string | number)[]): string => say([zh, en], ...values);
