/** A table read as numbers: what a chart draws. */
export interface Series {
  name: string;
  values: (number | null)[];
  low?: (number | null)[];
  high?: (number | null)[];
}

export interface Sheet {
  names: string[];
  series: Series[];
}

/** "95.1 %" is 95.1, "1,234" is 1234, "—" and the empty cell are nothing. A cell's data-value goes before its text. */
export function readNumber(cell: { text: string; value?: string | undefined }): number | null {
  const text = (cell.value ?? cell.text).replace(/[,\s%]/g, "");
  if (!/^[-+−]?\d*\.?\d+$/.test(text)) return null;
  return Number(text.replace("−", "-"));
}

export function readTable(table: HTMLTableElement): Sheet {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  const rows = [...(table.tBodies[0]?.rows ?? [])];
  const words = (cell: Element | undefined): string => cell?.textContent?.trim() ?? "";
  const column = (index: number): (number | null)[] =>
    rows.map((row) => {
      const cell = row.cells[index];
      return readNumber({ text: words(cell), value: cell?.dataset["value"] });
    });
  const series: Series[] = [];
  heads.forEach((head, index) => {
    if (index === 0 || head.dataset["role"] === "skip") return;
    const role = head.dataset["role"];
    const last = series[series.length - 1];
    if ((role === "low" || role === "high") && last) last[role] = column(index);
    else series.push({ name: words(head), values: column(index) });
  });
  // A column of words is no series.
  const drawn = series.filter((one) => one.values.some((value) => value !== null));
  return { names: rows.map((row) => words(row.cells[0])), series: drawn };
}
