// Texts in Chinese (the default) and every other language that has files: those
// of the frame in src/i18n, those of a screen in src/screens/<job>/i18n, loaded
// with it; the words of states, roles and kinds are those of api/words.
import { createI18n } from "vue-i18n";
import words from "../../../api/words/zh-CN.json";
import zh from "./i18n/zh-CN.json";

export type Language = string;
type Texts = Record<string, string>;

const official: Language = "zh-CN";
const stored = "duban.language";
const frame = import.meta.glob<Texts>(["./i18n/*.json", "../../../api/words/*.json", "!./i18n/zh-CN.json", "!../../../api/words/zh-CN.json"], { import: "default" });
const screens = import.meta.glob<Texts>("./screens/*/i18n/*.json", { import: "default" });
const folders = new Set<string>();
const languageOf = (file: string): Language => file.slice(file.lastIndexOf("/") + 1, -".json".length);

/** languages are those that have texts, the default first. */
export const languages: Language[] = [official, ...new Set(Object.keys(frame).map(languageOf))];

/** nameOf is a language's name in itself. */
export const nameOf = (l: Language): string => new Intl.DisplayNames([l], { type: "language" }).of(l.split("-")[0]!) ?? l;

export const i18n = createI18n({
  legacy: false,
  locale: official,
  fallbackLocale: official,
  messages: { [official]: { ...words, ...zh } as Texts },
  // Keys are whole names with dots in them, not paths.
  messageResolver: (texts, key) => ((texts as Texts | null)?.[key] ?? null) as never,
});

/** t is the text of a key, for scripts; components take it from useI18n or $t. */
export const t = i18n.global.t as (key: string, named?: Record<string, unknown>) => string;
/** te tells whether a key has a text. */
export const te = (key: string): boolean => i18n.global.te(key);

export function language(): Language {
  return i18n.global.locale.value as Language;
}

export async function setLanguage(l: Language): Promise<void> {
  const files = Object.keys(frame).filter((f) => languageOf(f) === l);
  for (const texts of await Promise.all(files.map((f) => frame[f]!()))) i18n.global.mergeLocaleMessage(l, texts);
  await Promise.all([...folders].map((f) => load(f, l)));
  i18n.global.locale.value = l;
  document.documentElement.lang = l;
  remember(stored, l);
}

/** useTexts loads the texts of a folder below src/screens; the router calls it before a page shows. */
export async function useTexts(folder: string): Promise<void> {
  folders.add(folder);
  await load(folder, language());
}

async function load(folder: string, l: Language): Promise<void> {
  const texts = await screens[`./screens/${folder}/i18n/${l}.json`]?.();
  if (texts) i18n.global.mergeLocaleMessage(l, texts);
}

/** startLanguage sets the language chosen before. */
export function startLanguage(): Promise<void> {
  return setLanguage(languages.find((l) => l === recall(stored)) ?? official);
}

/** remember keeps a choice of this device; where storage is off it holds for this visit. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is switched off.
  }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
