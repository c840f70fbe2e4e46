import { say, type Words } from "../lib/words";
import type { Act } from "./line";

export interface Around {
  urls: { incident: string; whistle: string; order: string };
  where: (code: string) => string;
  time: (seconds: number) => string;
}

const STEPS: Words[] = [["未签收", "not signed"], ["已签收", "signed"], ["已到场", "there"], ["已反馈", "reported"]];
const SIGNS = ["○", "◔", "●", "✓"];

/** What is being done about it: a few lines, drawn anew whenever one of them changes. Sign, word and place; colour alone says nothing. */
export function drawDoing(box: HTMLElement, acts: Act[], around: Around): void {
  const lines = acts.map((act) => line(act, around));
  if (!lines.length) {
    const none = document.createElement("li");
    none.className = "soft";
    none.textContent = box.dataset["none"] ?? "";
    lines.push(none);
  }
  box.querySelector("ol")?.replaceChildren(...lines);
}

function line(act: Act, around: Around): HTMLElement {
  const item = document.createElement("li");
  item.dataset["act"] = act.sort;
  const time = document.createElement("time");
  if (act.at !== null) {
    time.dateTime = new Date(act.at * 1000).toISOString();
    time.textContent = around.time(act.at);
  }
  const address = around.urls[act.sort];
  const what = document.createElement(address ? "a" : "span");
  if (what instanceof HTMLAnchorElement) what.href = address.replace("NUMBER", act.number);
  what.textContent = title(act);
  const where = document.createElement("span");
  where.className = "soft";
  where.textContent = act.code ? around.where(act.code) : "";
  item.append(time, what, where);
  if (act.units?.length) item.append(came(act));
  return item;
}

function title(act: Act): string {
  const drill = act.drill ? say(["【演练】", "Drill: "]) : "";
  const words = say(act.words);
  if (act.sort === "incident") return say(["{0}★ {1}（{2} 级）", "{0}★ {1} (level {2})"], drill, words, act.level ?? 4);
  if (act.sort === "order") return say(["▲ {0}超时", "▲ {0} overdue"], words);
  const there = (act.units ?? []).filter(([, , step]) => step >= 2).length;
  return say(["{0}{1}：到场 {2} / {3}", "{0}{1}: {2} of {3} there"], drill, words, there, act.units?.length ?? 0);
}

/** Each unit with how far it has come, in a sign and a word. */
function came(act: Act): HTMLElement {
  const units = document.createElement("ul");
  for (const [zh, en, step] of act.units ?? []) {
    const unit = document.createElement("li");
    unit.dataset["step"] = String(step);
    const sign = document.createElement("span");
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = SIGNS[step] ?? "";
    unit.append(sign, ` ${say([zh, en])} `, say(STEPS[step] ?? ["", ""]));
    units.append(unit);
  }
  return units;
}
