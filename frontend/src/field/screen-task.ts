import { html, nothing, type TemplateResult } from "lit";
import type { GbField } from "./app";
import type { Draft } from "./draft";
import { T } from "./say";
import { photoPart, segments, words } from "./screen-entry";
import { way } from "./screen-home";
import { keepBundle } from "./store";
import type { Task } from "./types";

/** What is done with a task is shown at once; the house has the last word. */
async function change(app: GbField, task: Task, state: string, zh: string, en: string): Promise<void> {
  const bundle = app.bundle;
  if (!bundle) return;
  const tasks = state === "gone" ? bundle.tasks.filter((one) => one.id !== task.id) : bundle.tasks.map((one): Task => (one.id === task.id ? { ...one, state, words: [zh, en] } : one));
  app.bundle = { ...bundle, tasks, digest: "" }; // the next bundle comes whole, whatever the house says to this
  await keepBundle(app.bundle);
  app.requestUpdate();
}

function goThere(app: GbField, place: { lon: number | null; lat: number | null; title: string }): TemplateResult | typeof nothing {
  const href = way(place);
  return href ? html`<a class="button big" href=${href}>${app.icon("navigation")} ${T("导航过去", "Way there")}</a>` : nothing;
}

function askReason(app: GbField, title: string, reasons: string[], then: (reason: string) => void): void {
  const close = (): void => {
    app.dialog = undefined;
    app.requestUpdate();
  };
  app.dialog = html`<h2>${title}</h2><div class="field-choices">${reasons.map((reason) => html`<button class="button big" @click=${() => { close(); then(reason); }}>${reason}</button>`)}
    <button class="button button-quiet big" @click=${close}>${T("取消", "Cancel")}</button></div>`;
  app.requestUpdate();
}

async function back(app: GbField, task: Task, draft: Draft): Promise<void> {
  if (!draft.verdict) {
    app.trouble = T("请选一个结果。", "Choose what you found.");
    return app.requestUpdate();
  }
  if (app.farOnes(draft.photos).length || app.busy) return;
  const body = { verdict: draft.verdict, finding: draft.text.trim(), photos: [] };
  const item = await app.keep("back", `/tasks/${task.id}/report`, body, `${T("任务", "Task")} · ${task.title}`, draft.photos);
  if (!item) return;
  await change(app, task, "gone", "", "");
  app.tell(T("已存：{0}", "Kept: {0}", item.number));
  app.open("");
}

export function taskScreen(app: GbField): TemplateResult {
  const task = app.bundle?.tasks.find((one) => one.id === Number(app.argument));
  const draft = app.draft;
  if (!task || !draft) return html`<h1 tabindex="-1">${T("任务", "Task")}</h1><p>${T("这项任务已不在您手上。", "This task is no longer yours.")}</p>`;
  const verdicts = Object.entries(app.bundle?.verdicts[task.purpose] ?? {}).map(([code, pair]): [string, string] => [code, app.words(pair)]);
  const decline = (): void =>
    askReason(app, T("为什么不能去？", "Why can you not go?"), [T("正在处理别的事", "Busy with something else"), T("离得太远", "Too far away"), T("本人处置过此事", "I handled it myself"), T("马上下岗", "Going off duty")], (reason) => {
      void app.keep("decline", `/tasks/${task.id}/decline`, { reason }, `${T("不去", "Declined")} · ${task.title}`).then((item) => {
        if (item) void change(app, task, "gone", "", "").then(() => app.open(""));
      });
    });
  const colleagues = app.bundle?.colleagues ?? [];
  const handOver = (): void =>
    askReason(app, T("转给谁？", "To whom?"), colleagues.map((one) => one.name), (name) => {
      const post = colleagues.find((one) => one.name === name)?.post;
      void app.keep("hand-over", `/tasks/${task.id}/hand-over`, { post, reason: T("请同事前往", "Asked a colleague to go") }, `${T("转交", "Handed over")} · ${task.title}`).then((item) => {
        if (item) void change(app, task, "gone", "", "").then(() => app.open(""));
      });
    });
  return html`<h1 tabindex="-1">${task.title}</h1>
    <p>${task.purpose === "check" ? T("核查：处置好了吗？", "Check: is it fixed?") : T("核实：是不是这样？", "Verify: is it so?")} <span class="chip" data-tone="info">${app.words(task.words)}</span></p>
    ${task.question ? html`<p><strong>${task.question}</strong></p>` : nothing}
    <p>${task.place} <span class="soft small">${task.about}</span></p>
    <div class="field-choices">${task.state === "offered" ? html`<button class="button button-main big" @click=${() => void app.keep("accept", `/tasks/${task.id}/accept`, {}, `${T("接受", "Accepted")} · ${task.title}`).then((item) => (item ? change(app, task, "accepted", "前往中", "On the way") : undefined))}>${app.icon("check")} ${T("接受", "Accept")}</button>` : nothing}
      ${goThere(app, task)}<button class="button big" @click=${decline}>${T("不能去", "Cannot go")}</button>
      ${colleagues.length ? html`<button class="button big" @click=${handOver}>${T("转交", "Hand over")}</button>` : nothing}</div>
    <section class="field-part"><h2>${T("现场情况", "What you found")}</h2>
      ${photoPart(app, draft, task.purpose === "check" ? T("拍处理后", "Photo after") : T("拍现场", "Take a photo"))}
      ${segments("verdict", T("结果", "Result"), verdicts, draft.verdict, (value) => { draft.verdict = value; app.requestUpdate(); })}
      ${words(app, draft, T("补充几个字（可不写）", "A few words (not needed)"))}
      ${app.trouble ? html`<p class="field-error" role="alert">${app.trouble}</p>` : nothing}
      <div class="field-choices field-send"><button class="button button-main big" @click=${() => void back(app, task, draft)}>${app.icon("send")} ${T("回传结果", "Send the result")}</button></div></section>`;
}

export function caseScreen(app: GbField): TemplateResult {
  const one = app.bundle?.cases.find((found) => found.number === app.argument);
  const draft = app.draft;
  if (!one || !draft) return html`<h1 tabindex="-1">${T("事项", "Matter")}</h1><p>${T("这件事已不在您的网格待办里。", "This matter is no longer open in your grid.")}</p>`;
  const finish = async (): Promise<void> => {
    if (!draft.text.trim()) {
      app.trouble = T("请写一句办了什么。", "Say in a sentence what was done.");
      return app.requestUpdate();
    }
    if (app.farOnes(draft.photos).length || app.busy) return;
    const item = await app.keep("finish", `/cases/${one.number}/finish`, { result: draft.text.trim(), photos: [] }, `${T("办结", "Done")} · ${one.title}`, draft.photos);
    if (!item || !app.bundle) return;
    app.bundle = { ...app.bundle, digest: "", cases: app.bundle.cases.filter((other) => other !== one) };
    await keepBundle(app.bundle);
    app.tell(T("已存：{0}", "Kept: {0}", item.number));
    app.open("");
  };
  return html`<h1 tabindex="-1">${one.title}</h1>
    <p>${[app.words(one.kind), one.place].filter(Boolean).join(" · ")} <span class="soft small">${one.number}</span></p>
    <p class="field-due" data-tone=${one.tone}>${app.words(one.state)} · ${app.words(one.due)}</p>
    <div class="field-choices">${goThere(app, one)}<a class="button big" href=${one.href}>${app.icon("external-link")} ${T("看全部经过（联网）", "The whole record (online)")}</a></div>
    ${one.may.length
      ? html`<section class="field-part"><h2>${T("办好了", "It is done")}</h2>${photoPart(app, draft, T("拍处理后", "Photo after"))}${words(app, draft, T("办了什么", "What was done"))}
          ${app.trouble ? html`<p class="field-error" role="alert">${app.trouble}</p>` : nothing}
          <div class="field-choices field-send"><button class="button button-main big" @click=${() => void finish()}>${app.icon("check")} ${T("签收并办结", "Sign for and finish")}</button></div></section>`
      : nothing}`;
}
