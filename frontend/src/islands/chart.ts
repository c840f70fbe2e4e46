import { html, type TemplateResult } from "lit";
import { Island, onAppearance, onNear, token } from "../lib/dom";
import { say } from "../lib/words";
import { readTable, type Sheet } from "../lib/sheet";

type Library = typeof import("../lib/echarts");

const SYMBOLS = ["circle", "rect", "triangle", "diamond"] as const;
const LINES = ["solid", "dashed", "dotted", [8, 3, 2, 3]] as const;

/**
 * <gb-chart type="line|bar" unit="%" target="95" label="…"> around a table: the first column names the points, each further
 * column is a series. A column marked data-role="low" or "high" is the interval of the series before it. The table stays:
 * it is the same in words, folded below the drawing.
 */
export class Chart extends Island {
  private chart: ReturnType<Library["echarts"]["init"]> | undefined;
  private sheet: Sheet | undefined;
  private sizes: ResizeObserver | undefined;
  private stopWaiting: (() => void) | undefined;
  private stopWatching: (() => void) | undefined;

  protected override createRenderRoot(): HTMLElement {
    const box = document.createElement("div");
    box.className = "island";
    this.prepend(box);
    return box;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopWaiting = onNear(this, () => void this.start());
  }

  override disconnectedCallback(): void {
    this.stopWaiting?.();
    this.sizes?.disconnect();
    this.stopWatching?.();
    this.chart?.dispose();
    this.chart = undefined;
    super.disconnectedCallback();
  }

  private async start(): Promise<void> {
    await this.updateComplete;
    const table = this.querySelector("table");
    const box = this.querySelector<HTMLElement>(".chart-canvas");
    if (!table || !box || this.chart) return;
    this.sheet = readTable(table);
    if (this.sheet.names.length === 0 || this.sheet.series.length === 0) {
      this.querySelector<HTMLElement>(".island")?.setAttribute("hidden", "");
      return;
    }
    const { echarts } = await import("../lib/echarts");
    this.chart = echarts.init(box, null, { renderer: "svg" });
    this.paint();
    this.foldTable(table);
    this.sizes = new ResizeObserver(() => this.chart?.resize());
    this.sizes.observe(box);
    this.stopWatching = onAppearance(() => this.paint());
  }

  private foldTable(table: HTMLTableElement): void {
    if (table.closest("details")) return;
    const frame = table.closest(".table-frame") ?? table;
    const fold = document.createElement("details");
    fold.className = "fold";
    const summary = document.createElement("summary");
    summary.textContent = say(["看数字（表格）", "See the numbers (table)"]);
    frame.replaceWith(fold);
    fold.append(summary, frame);
  }

  private paint(): void {
    const sheet = this.sheet;
    if (!sheet || !this.chart) return;
    const bar = this.getAttribute("type") === "bar";
    const unit = this.getAttribute("unit") ?? "";
    const target = parseFloat(this.getAttribute("target") ?? "");
    const [ink, soft, line] = [token("ink"), token("ink-soft"), token("line")];
    const colours = ["azurite", "ink-soft", "indigo", "edge"].map(token);
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8125;
    const text = { color: soft, fontSize: size, fontFamily: getComputedStyle(document.body).fontFamily };
    const series = sheet.series.flatMap((one, i) => {
      const colour = colours[i % colours.length] ?? ink;
      const drawn: object[] = [
        {
          name: one.name,
          type: bar ? "bar" : "line",
          data: one.values,
          color: colour,
          symbol: SYMBOLS[i % SYMBOLS.length],
          symbolSize: 7,
          barMaxWidth: 28,
          lineStyle: { width: 2, type: LINES[i % LINES.length] },
          emphasis: { disabled: true },
          connectNulls: false,
          ...(i === 0 && Number.isFinite(target)
            ? {
                markLine: {
                  silent: true,
                  symbol: "none",
                  lineStyle: { color: soft, type: "dashed", width: 1 },
                  label: { ...text, formatter: say(["目标 {0}", "target {0}"], `${target}${unit}`), position: "insideEndTop" },
                  data: [{ yAxis: target }],
                },
              }
            : {}),
        },
      ];
      if (!bar && one.low && one.high) {
        const { low, high } = one;
        const band = { type: "line", stack: `band-${i}`, symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false } };
        drawn.unshift(
          { ...band, data: low },
          { ...band, data: high.map((v, k) => (v === null || low[k] == null ? null : v - (low[k] ?? 0))), areaStyle: { color: colour, opacity: 0.14 } },
        );
      }
      return drawn;
    });
    this.chart.setOption(
      {
        animation: false,
        textStyle: text,
        aria: { enabled: false },
        grid: { left: 8, right: 16, top: sheet.series.length > 1 ? 40 : 20, bottom: 8, containLabel: true },
        legend: {
          show: sheet.series.length > 1,
          left: 0,
          top: 0,
          textStyle: { ...text, color: ink },
          data: sheet.series.map((one) => one.name),
        },
        tooltip: {
          trigger: "axis",
          confine: true,
          backgroundColor: token("sheet"),
          borderColor: line,
          textStyle: { ...text, color: ink },
          valueFormatter: (value: unknown) => (value == null ? "—" : `${String(value)}${unit}`),
        },
        xAxis: {
          type: "category",
          data: sheet.names,
          boundaryGap: bar,
          axisLine: { lineStyle: { color: token("edge") } },
          axisTick: { show: false },
          axisLabel: { ...text, hideOverlap: true },
        },
        yAxis: {
          type: "value",
          // A bar's length means something only from zero; a line may be looked at closely.
          scale: !bar,
          ...(unit === "%" && bar ? { max: 100 } : {}),
          splitLine: { lineStyle: { color: line } },
          axisLabel: { ...text, formatter: `{value}${unit}` },
        },
        series,
      },
      { notMerge: true },
    );
  }

  protected override render(): TemplateResult {
    const label = this.getAttribute("label") ?? this.querySelector("caption")?.textContent ?? "";
    return html`<p class="chart-title" aria-hidden="true">${this.querySelector("caption")?.textContent?.trim()}</p>
      <div
      class="chart-canvas"
      role="img"
      aria-label=${`${label.trim()}${say(["（数字见下面的表格）", " (numbers in the table below)"])}`}
    ></div>`;
  }
}
