import { html, nothing, type TemplateResult } from "lit";
import type { GbField } from "./app";
import { T } from "./say";
import type { Item } from "./types";

const LEDGERS: Record<string, [string, string]> = {
  visits: ["走访台账", "visit log"],
  patrol: ["巡查日志", "patrol log"],
  urban: ["城管上报表", "city-management reports"],
  hotline: ["热线答复素材", "hotline answers"],
};

function lineWords(app: GbField): string {
  switch (app.line) {
    case "offline":
      return T("没有信号。有信号时自动发出，关掉应用也不会丢。", "No signal. It goes out by itself later; closing the app loses nothing.");
    case "signed-out":
      return T("登录已过期。登录后自动发出。", "Your session is over. Sign in and it goes out by itself.");
    case "later":
      return T("服务器暂时没有应答，会再试。", "The house does not answer just now; it is tried again.");
    default:
      return "";
  }
}

function refusedWords(item: Item): string {
  if (item.told?.code === "field.photo_lost") return T("这一条的照片不在手机里了。", "The photos of this one are no longer on the phone.");
  return item.told?.message || T("没有被接受。", "It was not accepted.");
}

function askDrop(app: GbField, item: Item): void {
  app.dialog = html`<h2>${T("删掉 {0}？", "Delete {0}?", item.number)}</h2><p>${T("写的内容和 {0} 张照片都会从手机上删除，找不回来。", "What was written and {0} photos leave the phone for good.", item.photos.length)}</p>
    <div class="field-choices"><button class="button button-danger big" @click=${() => void app.drop(item)}>${T("删掉", "Delete")}</button><button class="button big" @click=${() => { app.dialog = undefined; app.requestUpdate(); }}>${T("留着", "Keep it")}</button></div>`;
  app.requestUpdate();
}

function line(app: GbField, item: Item): TemplateResult {
  const refused = item.state === "refused";
  const mendable = item.what === "entry" || item.what === "back" || item.what === "finish";
  return html`<li class="field-card" data-item=${item.number}><strong>${item.title}</strong>
    <span>${T("本机编号 {0}", "Local number {0}", item.number)} · ${new Date(item.made).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}${item.photos.length ? ` · ${T("{0} 张照片", "{0} photos", item.photos.length)}` : ""}</span>
    ${refused
      ? html`<p class="field-error" role="alert">${refusedWords(item)}</p>
          <div class="field-choices">${mendable ? html`<a class="button button-main big" href="#/mend/${item.key}">${item.what === "entry" ? T("修改后再发", "Mend and send") : T("改为上报", "Send as a report")}</a>` : nothing}
            <button class="button big" @click=${() => void app.again(item)}>${T("原样再试", "Try again as it is")}</button>
            <button class="button button-danger big" @click=${() => askDrop(app, item)}>${T("删掉", "Delete")}</button></div>`
      : html`<span class="field-due" data-tone="soon">${T("等待发送", "Waiting")}</span>`}</li>`;
}

export function queueScreen(app: GbField): TemplateResult {
  const { refused, waiting, done } = app;
  return html`<h1 tabindex="-1">${T("单子", "Queue")}</h1>
    ${lineWords(app) ? html`<p>${lineWords(app)}</p>` : nothing}
    ${refused.length ? html`<section class="field-part"><h2>${T("要您处理", "These need you")}</h2><ul class="plain-list">${refused.map((item) => line(app, item))}</ul></section>` : nothing}
    ${waiting.length
      ? html`<section class="field-part"><h2>${T("待发 {0} 条", "{0} waiting", waiting.length)}</h2><ul class="plain-list">${waiting.map((item) => line(app, item))}</ul>
          <button class="button button-main big" @click=${() => void app.send()}>${app.icon("upload")} ${T("现在发", "Send now")}</button></section>`
      : nothing}
    ${!waiting.length && !refused.length ? html`<p class="field-empty">${app.icon("check-check")} ${T("没有待发的。", "Nothing waits.")}</p>` : nothing}
    ${done.length
      ? html`<section class="field-part"><h2>${T("已发出", "Sent")}</h2><ul class="plain-list">${done.slice(0, 30).map(
          (one) => html`<li class="field-card"><strong>${one.title}</strong><span>${one.number}${one.told ? ` → ${one.told}` : ""}</span>
            ${one.ledgers.length ? html`<span class="soft small">${T("填一次，已进：", "Typed once, now in: ")}${one.ledgers.map((name) => app.words(LEDGERS[name] ?? name)).join("、")}</span>` : nothing}</li>`,
        )}</ul></section>`
      : nothing}`;
}
