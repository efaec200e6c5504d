// Texts in Chinese (the default) and English.
import en from "./i18n/en.json";
import zh from "./i18n/zh-CN.json";

export type Language = "zh-CN" | "en";

const texts: Record<Language, Record<string, string>> = { "zh-CN": zh, en };
const key = "duban.language";

let now: Language = stored();

function stored(): Language {
  try {
    return localStorage.getItem(key) === "en" ? "en" : "zh-CN";
  } catch {
    return "zh-CN"; // storage is switched off
  }
}

export function language(): Language {
  return now;
}

export function setLanguage(l: Language): void {
  now = l;
  try {
    localStorage.setItem(key, l);
  } catch {
    // It holds for this visit.
  }
}

// t is the text of a key; one that has none shows itself.
export function t(k: string): string {
  return texts[now][k] ?? k;
}

// translate sets the text of every element that names one in data-t.
export function translate(): void {
  document.documentElement.lang = now;
  document.title = t("title");
  for (const e of document.querySelectorAll<HTMLElement>("[data-t]")) {
    e.textContent = t(e.dataset["t"] ?? "");
  }
  const other = document.getElementById("switch");
  if (other) other.lang = now === "en" ? "zh-CN" : "en";
}
