import { html, nothing, type TemplateResult } from "lit";
import type { GbField } from "./app";
import type { Draft } from "./draft";
import { T } from "./say";
import { spots } from "./screen-home";
import type { Form, Photo } from "./types";

const FIRST_KINDS = 8;
let urls = new Map<string, string>();

/** An address for a photo in memory; those no longer shown are let go. */
function picture(photo: Photo, shown: Photo[]): string {
  for (const [key, url] of urls) {
    if (shown.some((one) => one.key === key)) continue;
    URL.revokeObjectURL(url);
    urls.delete(key);
  }
  let url = urls.get(photo.key);
  if (!url) urls.set(photo.key, (url = URL.createObjectURL(new Blob([photo.data], { type: "image/jpeg" }))));
  return url;
}

export function photoPart(app: GbField, draft: Draft, label: string, main = true): TemplateResult {
  const far = app.farOnes(draft.photos);
  const set = (photos: Photo[]): void => {
    draft.photos = photos;
    app.requestUpdate();
  };
  return html`<section class="field-part">
    <div class="field-choices"><label class="button ${main ? "button-main" : ""} big">${app.icon("camera")} ${label}
        <input class="unseen" type="file" accept="image/*" capture="environment" data-camera @change=${(event: Event) => void app.addPhotos(event.target as HTMLInputElement)} /></label>
      <label class="button big">${app.icon("image-plus")} ${T("选照片", "Choose")}
        <input class="unseen" type="file" accept="image/*" multiple data-album @change=${(event: Event) => void app.addPhotos(event.target as HTMLInputElement)} /></label></div>
    ${app.busy ? html`<p role="status">${T("正在处理 {0} 张照片…", "Preparing {0} photos…", app.busy)}</p>` : nothing}
    ${draft.photos.length
      ? html`<ul class="field-photos">${draft.photos.map(
          (photo, index) => html`<li><img src=${picture(photo, draft.photos)} alt=${T("第 {0} 张", "Photo {0}", index + 1)} />
            <button class="button" aria-label=${T("移除第 {0} 张", "Remove photo {0}", index + 1)} @click=${() => set(draft.photos.filter((one) => one !== photo))}>${app.icon("x")}</button></li>`,
        )}</ul>
          <p class="soft small">${T("{0} 张，共 {1} kB", "{0} photos, {1} kB", draft.photos.length, Math.round(draft.photos.reduce((sum, photo) => sum + photo.data.byteLength, 0) / 1024))}</p>`
      : nothing}
    ${far.map(
      (photo) => html`<div class="field-notice" data-tone="soon" role="alert"><p>${T("第 {0} 张照片自带的位置不在本区。是这里拍的吗？", "By its own record photo {0} was taken outside the district. Is it of this place?", draft.photos.indexOf(photo) + 1)}</p>
        <div class="field-choices"><button class="button big" @click=${() => set(draft.photos.map((one) => (one === photo ? { ...one, sure: true } : one)))}>${T("是这里拍的", "Yes, it is")}</button>
        <button class="button big" @click=${() => set(draft.photos.filter((one) => one !== photo))}>${T("不是，移除", "No, remove it")}</button></div></div>`,
    )}</section>`;
}

export function segments(name: string, label: string, choices: [string, string][], value: string, chosen: (value: string) => void): TemplateResult {
  return html`<fieldset class="field-segments"><legend>${label}</legend><div>${choices.map(
    ([code, words]) => html`<label class="choice"><input type="radio" name=${name} value=${code} .checked=${value === code} @change=${() => chosen(code)} /><span class="choice-body">${words}</span></label>`,
  )}</div></fieldset>`;
}

function kinds(app: GbField, draft: Draft): TemplateResult {
  const all = app.bundle?.kinds ?? [];
  const first = [...spots(app)].slice(0, FIRST_KINDS);
  const chosen = all.find((kind) => kind.code === draft.kind);
  if (chosen && !first.includes(chosen)) first.unshift(chosen);
  const choose = (code: string): void => {
    draft.kind = draft.kind === code ? "" : code;
    app.requestUpdate();
  };
  return html`<fieldset class="field-segments"><legend>${T("哪一类", "What kind")}</legend>
    <div>${first.map(
      (kind) => html`<label class="choice"><input type="checkbox" name="kind" value=${kind.code} .checked=${draft.kind === kind.code} @change=${() => choose(kind.code)} /><span class="choice-body">${app.words(kind.name)}</span></label>`,
    )}</div>
    <label class="field-row"><span>${T("其他类别", "Another kind")}</span><select data-kind @change=${(event: Event) => { draft.kind = (event.target as HTMLSelectElement).value; app.requestUpdate(); }}>
      <option value="">${T("不选，由系统判断", "Leave it to the system")}</option>${all.map((kind) => html`<option value=${kind.code} .selected=${draft.kind === kind.code}>${app.words(kind.name)}</option>`)}</select></label></fieldset>`;
}

function dictate(app: GbField, draft: Draft): void {
  if (app.dictation.hearing) return app.dictation.stop();
  void app.dictation.start(app.spoken, (said) => {
    draft.text += said;
    app.alarm = undefined;
    app.requestUpdate();
  });
}

export function words(app: GbField, draft: Draft, label: string): TemplateResult {
  const known = app.last.texts[draft.kind] ?? [];
  return html`<label class="field-row"><span>${label}</span><textarea rows="2" data-text maxlength="2000" .value=${draft.text} @input=${(event: Event) => { draft.text = (event.target as HTMLTextAreaElement).value; app.alarm = undefined; }}></textarea></label>
    ${app.dictation.can
      ? html`<div class="field-choices"><button class="button big" data-dictate aria-pressed=${app.dictation.hearing ? "true" : "false"} @click=${() => dictate(app, draft)}>${app.icon("mic")}
          ${app.dictation.hearing ? T("正在听，点一下停", "Listening: tap to stop") : T("说话记下（不出手机）", "Dictate (stays on the phone)")}</button></div>`
      : nothing}
    ${known.length ? html`<div class="field-templates" aria-label=${T("上次写的", "Written before")}>${known.map((text) => html`<button class="button" @click=${() => { draft.text = text; app.requestUpdate(); }}>${text}</button>`)}</div>` : nothing}`;
}

function where(app: GbField, draft: Draft): TemplateResult {
  const grids = app.bundle?.grids ?? [];
  return html`${grids.length > 1
      ? html`<label class="field-row"><span>${T("网格", "Grid")}</span><select data-grid @change=${(event: Event) => (draft.grid = (event.target as HTMLSelectElement).value)}>${grids.map((grid) => html`<option value=${grid.code} .selected=${draft.grid === grid.code}>${grid.name}</option>`)}</select></label>`
      : nothing}
    <div class="field-where"><label class="field-row"><span>${T("具体在哪（记得上次的）", "Where exactly (as last time)")}</span><input data-place maxlength="120" .value=${draft.place} @input=${(event: Event) => (draft.place = (event.target as HTMLInputElement).value)} /></label>
    ${draft.sort === "report" ? nothing : html`<label class="field-row field-floor"><span>${T("楼层", "Floor")}</span><input data-floor type="number" inputmode="numeric" min="-9" max="199" .value=${draft.floor} @input=${(event: Event) => (draft.floor = (event.target as HTMLInputElement).value)} /></label>`}</div>
    <p class="soft small">${app.place ? T("已用手机位置（误差约 {0} 米）", "The phone's position is used (within {0} m)", Math.round(app.place.accuracy ?? 0)) : T("没有手机位置，用网格作地点", "No position: the grid is the place")}</p>`;
}

function asked(app: GbField, draft: Draft, form: Form): TemplateResult {
  const set = (name: string, value: string): void => {
    draft.answers = { ...draft.answers, [name]: value };
    app.requestUpdate();
  };
  return html`${form.fields.map((field) =>
    segments(`f-${field.name}`, app.words(field.words) + (field.required ? " *" : ""), (field.choices ?? []).map(([code, zh, en]) => [code, app.words([zh, en])]), draft.answers[field.name] ?? "", (value) => set(field.name, value)),
  )}`;
}

export function alarmPart(app: GbField, onward: () => void): TemplateResult {
  const alarm = app.alarm;
  if (!alarm) return html``;
  return html`<div class="field-notice" data-tone="late" role="alert"><p><a class="button button-danger big" href="tel:${alarm.number}">${app.icon("phone-call")} ${T("先打 {0}", "Call {0} first", alarm.number)}</a></p>
    <p>${app.words(alarm.reply)}</p><button class="button" @click=${onward}>${T("不是紧急情况，继续", "No emergency, go on")}</button></div>`;
}

export function entryScreen(app: GbField): TemplateResult {
  const draft = app.draft;
  if (!draft) return html`<p>${T("这一条已经不在手机里了。", "This is no longer on the phone.")}</p>`;
  const forms = app.bundle?.forms.filter((form) => form.sort === draft.sort) ?? [];
  const form = forms.find((one) => one.code === draft.form);
  const title = draft.mends ? T("修改 {0}", "Mend {0}", draft.mends.number) : draft.sort === "report" ? T("发现了什么", "What did you find?") : draft.sort === "visit" ? T("走访", "Visit") : T("到点签到", "Check in");
  const save = (did: "solved" | "report" | "note"): void => void app.saveEntry(draft, did);
  const spot = app.bundle?.kinds.find((kind) => kind.code === draft.kind)?.spot ?? false;
  const care = app.bundle?.plan.find((one) => one.id === draft.care);
  return html`<h1 tabindex="-1">${title}</h1>
    ${draft.mends?.told ? html`<p class="field-error" role="alert">${draft.mends.told.message}</p>` : nothing}
    ${care
      ? html`<p><strong>${care.name}</strong> · ${app.words(care.kind)} · ${care.door} ${app.names[care.id] ? html`<span>${app.names[care.id]}</span>` : html`<button class="button" @click=${() => void app.openName(care.id)}>${app.icon("eye")} ${T("看姓名电话（留记录）", "Open name (it is recorded)")}</button>`}</p>`
      : nothing}
    ${draft.sort === "visit" ? segments("form", T("表单", "Form"), forms.map((one) => [one.code, app.words(one.words)]), draft.form, (code) => { draft.form = code; draft.answers = {}; app.requestUpdate(); }) : nothing}
    ${draft.sort === "report" ? photoPart(app, draft, T("拍照", "Take a photo")) : nothing}
    ${form && draft.sort !== "report" ? asked(app, draft, form) : nothing}
    ${draft.matter ? kinds(app, draft) : nothing}
    ${words(app, draft, draft.sort === "report" || draft.matter ? T("补充几个字（选了类别可不写）", "A few words (not needed with a kind)") : T("记一笔（可不写）", "A note (not needed)"))}
    ${where(app, draft)}
    ${draft.sort === "report"
      ? nothing
      : html`${photoPart(app, draft, T("拍照", "Photo"), false)}
          <label class="choice"><input type="checkbox" data-matter .checked=${draft.matter} @change=${(event: Event) => { draft.matter = (event.target as HTMLInputElement).checked; app.requestUpdate(); }} /><span class="choice-body">${T("发现问题，一并上报（不用再填一次）", "Something found: report it too, nothing typed twice")}</span></label>`}
    ${alarmPart(app, () => save(draft.sort === "report" ? "report" : "note"))}
    ${app.trouble ? html`<p class="field-error" role="alert">${app.trouble}</p>` : nothing}
    ${draft.sort === "report" && !spot ? html`<p class="soft small" id="why-not">${draft.kind ? T("这一类不能当场办结，请上报。", "This kind cannot be closed on the spot: report it.") : T("选了可当场办结的类别，才能点“当场解决”。", "“Solved on the spot” needs a kind that may be.")}</p>` : nothing}
    <div class="field-choices field-send">${draft.sort === "report"
      ? html`<button class="button button-main big" ?disabled=${!spot} aria-describedby=${spot ? nothing : "why-not"} @click=${() => save("solved")}>${app.icon("check")} ${T("当场解决", "Solved on the spot")}</button>
          <button class="button ${spot ? "" : "button-main"} big" @click=${() => save("report")}>${app.icon("send")} ${T("上报", "Report it")}</button>`
      : html`<button class="button button-main big" @click=${() => save(draft.matter ? "report" : "note")}>${app.icon("check")} ${draft.matter ? T("存下并上报", "Keep and report") : T("存下", "Keep")}</button>`}</div>`;
}
