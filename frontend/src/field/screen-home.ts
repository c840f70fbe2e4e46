import { html, nothing, type TemplateResult } from "lit";
import type { GbField } from "./app";
import { T } from "./say";
import type { Case, Kind, Plan, Task } from "./types";

const SPOTS = 6;

/** Kinds that may be closed on the spot: those used last first. */
export function spots(app: GbField): Kind[] {
  const kinds = app.bundle?.kinds.filter((kind) => kind.spot) ?? [];
  const rank = (kind: Kind): number => {
    const at = app.last.kinds.indexOf(kind.code);
    return at < 0 ? 99 : at;
  };
  return [...kinds].sort((a, b) => rank(a) - rank(b));
}

export function hours(from: string): string {
  const minutes = Math.max(0, Math.round((Date.now() - new Date(from).getTime()) / 60_000));
  return minutes < 60 ? T("{0} 分钟", "{0} min", minutes) : T("{0} 小时 {1} 分", "{0} h {1} min", Math.floor(minutes / 60), minutes % 60);
}

export function way(place: { lon: number | null; lat: number | null; title: string }): string {
  // Every phone's map application answers to geo:; the name goes along.
  return place.lon === null || place.lat === null ? "" : `geo:${place.lat.toFixed(6)},${place.lon.toFixed(6)}?q=${place.lat.toFixed(6)},${place.lon.toFixed(6)}`;
}

export const dueWords = (one: Plan): string => (one.late ? T("该去了：{0}", "Due since {0}", one.due) : T("{0} 前", "by {0}", one.due));

function shift(app: GbField): TemplateResult {
  const on = app.onDuty;
  return html`<section class="field-shift" aria-label=${T("班次", "Shift")}>
    <span>${on ? html`${app.icon("circle-play")} ${T("在岗 {0}", "On duty {0}", hours(on.started_at))}` : html`${app.icon("circle-pause")} ${T("未上岗：不记位置", "Off duty: no position is kept")}`}</span>
    ${on
      ? html`<button class="button" @click=${() => void app.stopShift()}>${T("下岗", "Go off")}</button>`
      : html`<button class="button" @click=${() => void app.startShift()}>${T("上岗", "Go on duty")}</button>`}
  </section>`;
}

function atOnce(app: GbField): TemplateResult {
  return html`<section class="field-part"><h2>${T("当场解决：点一类，拍一张", "Solved on the spot: one tap, one photo")}</h2>
    <div class="field-spots">${spots(app)
      .slice(0, SPOTS)
      .map(
        (kind) => html`<label class="button field-spot">${app.icon("camera")}<span>${app.words(kind.name)}</span>
          <input class="unseen" type="file" accept="image/*" capture="environment" data-spot=${kind.code}
            @change=${(event: Event) => void app.solveAtOnce(kind.code, event.target as HTMLInputElement)} /></label>`,
      )}</div>
    ${app.busy ? html`<p role="status">${T("正在处理照片…", "Preparing the photo…")}</p>` : nothing}
    ${app.trouble ? html`<p class="field-error" role="alert">${app.trouble}</p>` : nothing}</section>`;
}

function taskLine(app: GbField, task: Task): TemplateResult {
  const words = task.purpose === "check" ? T("核查：处置好了吗", "Check: is it fixed?") : T("核实：是不是这样", "Verify: is it so?");
  return html`<li><a class="field-card" href="#/task/${task.id}"><strong>${task.title}</strong>
    <span>${words}${task.place ? ` · ${task.place}` : ""}</span><span class="chip" data-tone="info">${app.words(task.words)}</span></a></li>`;
}

function caseLine(app: GbField, one: Case): TemplateResult {
  return html`<li><a class="field-card" href="#/case/${one.number}"><strong>${one.title}</strong>
    <span>${[app.words(one.kind), one.place].filter(Boolean).join(" · ")}</span>
    <span class="field-due" data-tone=${one.tone}>${app.words(one.state)} · ${app.words(one.due)}</span></a></li>`;
}

export function homeScreen(app: GbField): TemplateResult {
  const bundle = app.bundle;
  if (!bundle) return html``;
  const mine = bundle.cases.filter((one) => one.mine);
  const others = bundle.cases.filter((one) => !one.mine);
  const [next, ...after] = [...bundle.tasks.map((task) => taskLine(app, task)), ...mine.map((one) => caseLine(app, one))];
  const due = bundle.plan.slice(0, 3);
  return html`<h1 class="unseen" tabindex="-1">${T("任务", "Tasks")}</h1>
    ${shift(app)} ${next ? html`<section class="field-part"><h2>${T("下一件", "Next")}</h2><ul class="plain-list field-next">${next}</ul></section>` : nothing} ${atOnce(app)}
    <div class="field-choices"><a class="button button-main big" href="#/report">${app.icon("send")} ${T("上报别的", "Report something else")}</a>
      <a class="button big" href="#/checkin">${app.icon("map-pin")} ${T("到点签到", "Check in here")}</a></div>
    ${next
      ? after.length
        ? html`<section class="field-part"><h2>${T("然后办这些", "Then these")}</h2><ul class="plain-list">${after}</ul></section>`
        : nothing
      : html`<p class="soft">${T("没有等您办的事。有新任务会出现在这里。", "Nothing waits for you. New tasks appear here.")}</p>`}
    ${due.length
      ? html`<section class="field-part"><h2>${T("该去看看的人", "Whom to look in on")}</h2><ul class="plain-list">${due.map(
          (one) => html`<li><a class="field-card" href="#/visit/${one.id}"><strong>${one.name} · ${app.words(one.kind)}</strong><span>${one.door}</span>
            <span data-tone=${one.late ? "soon" : "quiet"} class="field-due">${dueWords(one)}</span></a></li>`,
        )}</ul>${bundle.plan.length > due.length ? html`<p><a class="button big" href="#/more/plan">${T("全部 {0} 位", "All {0}", bundle.plan.length)}</a></p>` : nothing}</section>`
      : nothing}
    ${others.length
      ? html`<details class="fold" ?open=${app.others} @toggle=${(event: Event) => { app.others = (event.target as HTMLDetailsElement).open; app.requestUpdate(); }}>
          <summary>${T("网格里其他 {0} 件在办", "{0} other open matters in the grid", others.length)}</summary>
          ${app.others ? html`<ul class="plain-list">${others.map((one) => caseLine(app, one))}</ul>` : nothing}</details>`
      : nothing}
    ${bundle.me.synthetic ? html`<p class="soft small">${T("演示数据：人名、门牌、任务都是虚构的。", "Demonstration: people, doors and tasks are invented.")}</p>` : nothing}`;
}
