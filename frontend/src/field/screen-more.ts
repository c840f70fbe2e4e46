import { html, nothing, svg, type TemplateResult } from "lit";
import type { Feature, Geometry } from "geojson";
import { boundsOf, Plane, type Said } from "../lib/geo";
import type { GbField } from "./app";
import { T } from "./say";
import { dueWords } from "./screen-home";
import type { Pair } from "./types";

const EMERGENCY: [number: string, words: Pair][] = [
  ["110", ["报警", "Police"]],
  ["119", ["火警", "Fire"]],
  ["120", ["急救", "Ambulance"]],
  ["122", ["交通", "Traffic"]],
];

function contacts(app: GbField): TemplateResult {
  const rows = app.bundle?.contacts ?? [];
  const card = app.bundle?.grids[0]?.card;
  return html`<h1 tabindex="-1">${T("联系人", "Contacts")}</h1>
    <div class="field-choices">${EMERGENCY.map(([number, words]) => html`<a class="button button-danger big" href="tel:${number}">${app.icon("phone-call")} ${app.words(words)} ${number}</a>`)}</div>
    ${card ? html`<p>${T("公示牌：", "Public card: ")}${card.worker_name} ${card.phone}</p>` : nothing}
    <ul class="plain-list">${rows.map((one) => html`<li class="field-call"><span>${app.words(one.name)}</span><a class="button big" href="tel:${one.phone}">${app.icon("phone")} ${one.phone}</a></li>`)}</ul>`;
}

function duties(app: GbField): TemplateResult {
  return html`<h1 tabindex="-1">${T("三项清单", "Duty list")}</h1><p>${T("不在三项清单上的，不是社区的事。", "What is on none of the three lists is not the community's to do.")}</p>
    ${(app.bundle?.duties ?? []).map((group) => html`<details class="fold"><summary>${app.words(group.words)} · ${group.items.length}</summary><ul class="plain-list">${group.items.map((item) => html`<li><p><span class="small soft">${item.code}</span> <strong>${app.words(item.name)}</strong></p><p class="small soft">${app.words(item.about)}</p></li>`)}</ul></details>`)}`;
}

function map(app: GbField): TemplateResult {
  const grid = app.bundle?.grids[0];
  if (!grid) return html``;
  const box = boundsOf(grid.shapes);
  if (!box) return html`<p>${T("这个网格还没有画出边界。", "This grid has no boundary yet.")}</p>`;
  const plane = new Plane(box, 600);
  const dot = (at: [number, number], name: string): TemplateResult => {
    const [x, y] = plane.to(at);
    return svg`<circle class=${name} cx=${x} cy=${y} r="9" />` as unknown as TemplateResult;
  };
  const shapes = grid.shapes.features as Feature<Geometry, Said>[];
  const line = app.route.map((at) => plane.to(at).map((v) => v.toFixed(1)).join(",")).join(" ");
  const open = app.bundle?.cases.filter((one) => one.lon !== null && one.lat !== null) ?? [];
  return html`<h1 tabindex="-1">${T("我的网格", "My grid")}</h1><p>${grid.name} <span class="soft small">${grid.code}</span></p>
    <svg class="field-map" viewBox="-12 -12 ${plane.width + 24} ${plane.height + 24}" role="img" aria-label=${T("网格地图：边界、在办事项、我的路线", "Map of the grid: boundary, open matters, my route")}>
      ${shapes.map((one) => svg`<path class=${one.properties.code === grid.code ? "mine" : "near"} d=${plane.path(one.geometry)} />`)}
      ${line ? svg`<polyline class="route" points=${line} />` : nothing}
      ${open.map((one) => dot([one.lon ?? 0, one.lat ?? 0], "matter"))}
      ${app.place ? dot([app.place.lon, app.place.lat], "me") : nothing}</svg>
    <p class="soft small">${T("蓝框：我的网格；红点：在办事项（列表见任务页）；绿点：我；细线：本班路线。路线只有您和带班负责人看得到，按期删除。", "Blue: my grid. Red: open matters (listed under Tasks). Green: me. Line: this shift's route, seen by you and the shift leader only, and deleted on schedule.")}</p>`;
}

function plan(app: GbField): TemplateResult {
  return html`<h1 tabindex="-1">${T("走访计划", "Visit plan")}</h1><ul class="plain-list">${(app.bundle?.plan ?? []).map(
    (one) => html`<li><a class="field-card" href="#/visit/${one.id}"><strong>${one.name} · ${app.words(one.kind)}</strong><span>${one.door}</span><span class="field-due" data-tone=${one.late ? "soon" : "quiet"}>${dueWords(one)}</span></a></li>`,
  )}</ul>`;
}

function minutes(app: GbField): TemplateResult {
  const rows = app.minutes;
  return html`<h1 tabindex="-1">${T("填报用了多少时间", "Minutes of typing")}</h1><p>${T("近 30 天，各张表向您要了多少分钟。没有数量指标，也不能设。", "What each form asked of you in 30 days. There is no quota, and none can be set.")}</p>
    ${rows ? html`<table class="table"><thead><tr><th>${T("表", "Form")}</th><th>${T("分钟", "Minutes")}</th></tr></thead><tbody>${rows.map((row) => html`<tr><td>${app.words(row.form)}</td><td class="number">${row.minutes}</td></tr>`)}</tbody></table>` : html`<p class="soft">${T("联网时显示。", "Shown online.")}</p>`}`;
}

export function moreScreen(app: GbField): TemplateResult {
  const pages: Record<string, (app: GbField) => TemplateResult> = { contacts, duties, map, plan, minutes };
  const page = pages[app.argument];
  if (page) return html`${page(app)}<p><a class="button big" href="#/more">${T("返回", "Back")}</a></p>`;
  const links: [string, string, string][] = [
    ["more/map", "map", T("我的网格和路线", "My grid and route")],
    ["more/plan", "calendar", T("走访计划", "Visit plan")],
    ["more/contacts", "phone", T("联系人", "Contacts")],
    ["more/duties", "clipboard-list", T("三项清单", "Duty list")],
    ["more/minutes", "timer", T("填报用时", "Minutes of typing")],
    ["queue", "inbox", T("单子：待发和已发", "Queue: waiting and sent")],
  ];
  const root = document.documentElement.dataset;
  return html`<h1 tabindex="-1">${T("更多", "More")}</h1>
    <ul class="plain-list field-links">${links.map(([path, icon, words]) => html`<li><a class="button big" href="#/${path}">${app.icon(icon)} ${words}</a></li>`)}</ul>
    <section class="field-part"><h2>${T("显示", "Display")}</h2>
      <div class="field-choices"><button class="button big" @click=${() => app.setLook("theme", root["theme"] === "dark" ? "light" : "dark")}>${app.icon("contrast")} ${T("明暗", "Light or dark")}</button>
      <button class="button big" @click=${() => app.setLook("size", { large: "elder", elder: "normal" }[root["size"] ?? ""] ?? "large")}>${app.icon("a-large-small")} ${T("字大小", "Text size")}</button>
      <button class="button big" @click=${() => app.setLanguage(document.documentElement.lang.startsWith("en") ? "zh-hans" : "en")}>${app.icon("languages")} ${T("English", "中文")}</button></div></section>
    <section class="field-part"><p>${app.bundle?.me.name} · ${app.bundle?.me.unit}</p>
      <div class="field-choices"><button class="button big" @click=${() => app.askSignOut()}>${app.icon("log-out")} ${T("退出登录", "Sign out")}</button></div></section>`;
}
