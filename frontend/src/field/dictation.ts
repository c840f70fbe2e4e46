/** Dictation, only where the browser itself turns speech into words: nothing that is said leaves the phone. */
interface Heard {
  resultIndex: number;
  results: ArrayLike<ArrayLike<{ transcript: string }> & { isFinal: boolean }>;
}
interface Recogniser {
  lang: string;
  continuous: boolean;
  processLocally: boolean;
  start(): void;
  stop(): void;
  onresult: ((event: Heard) => void) | null;
  onend: (() => void) | null;
  onerror: (() => void) | null;
}
interface Maker {
  new (): Recogniser;
  available?(asked: { langs: string[]; processLocally: true }): Promise<string>;
}

/** A recogniser that works on this phone in `lang`, or none. A browser that cannot promise that is not asked for another. */
async function local(lang: string): Promise<Maker | undefined> {
  const made = (window as unknown as { SpeechRecognition?: Maker }).SpeechRecognition;
  if (!made?.available || !("processLocally" in made.prototype)) return undefined;
  try {
    return (await made.available({ langs: [lang], processLocally: true })) === "available" ? made : undefined;
  } catch {
    return undefined;
  }
}

export class Dictation {
  can = false;
  hearing = false;
  private recogniser: Recogniser | undefined;

  constructor(private readonly changed: () => void) {}

  /** Whether it can be offered in `lang`; looked at anew each time, since a language can be taken off the phone. */
  async look(lang: string): Promise<void> {
    const can = Boolean(await local(lang));
    if (can === this.can) return;
    this.can = can;
    this.changed();
  }

  async start(lang: string, said: (words: string) => void): Promise<void> {
    const made = await local(lang);
    this.can = Boolean(made);
    if (made) {
      const recogniser = new made();
      recogniser.processLocally = true;
      recogniser.lang = lang;
      recogniser.continuous = true;
      recogniser.onresult = ({ resultIndex, results }) => {
        for (let n = resultIndex; n < results.length; n++) if (results[n]?.isFinal) said(results[n]?.[0]?.transcript.trim() ?? "");
      };
      recogniser.onend = recogniser.onerror = () => this.ended(recogniser);
      if (recogniser.processLocally === true) {
        recogniser.start();
        this.recogniser = recogniser;
        this.hearing = true;
      }
    }
    this.changed();
  }

  stop(): void {
    this.recogniser?.stop();
    this.ended(this.recogniser);
  }

  private ended(which: Recogniser | undefined): void {
    if (!this.hearing || which !== this.recogniser) return;
    this.recogniser = undefined;
    this.hearing = false;
    this.changed();
  }
}
