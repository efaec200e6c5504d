// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { languages, nameOf } from "./texts";

const src = import.meta.dirname;
const read = (f: string): Record<string, string> => JSON.parse(readFileSync(f, "utf8")) as Record<string, string>;
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((f) => /\.(vue|ts)$/.test(f) && !/\.test\.ts$|\.gen\.ts$/.test(f));
const frame = { ...read(join(src, "../../../api/words/zh-CN.json")), ...read(join(src, "i18n/zh-CN.json")) };
const folders = readdirSync(join(src, "screens"));
const screens = Object.fromEntries(folders.map((f) => [f, read(join(src, "screens", f, "i18n/zh-CN.json"))]));

describe("languages", () => {
  it("are those that have files, each under its own name", () => {
    const files = readdirSync(join(src, "i18n")).map((f) => f.replace(".json", ""));
    expect([...languages].sort()).toEqual(files.sort());
    expect(["zh-CN", "en"].map(nameOf)).toEqual(["\u4e2d\u6587", "English"]);
  });
});

describe("texts", () => {
  it.each(files)("%s uses keys that have a text", (file) => {
    const folder = /^screens\/([^/]+)\//.exec(file)?.[1];
    const known = { ...frame, ...(folder ? screens[folder] : {}) };
    const used = [...readFileSync(join(src, file), "utf8").matchAll(/(?<![\w.])\$?t\(\s*["']([^"'`$]+)["']/g)].map((m) => m[1]!);
    expect(used.filter((k) => !(k in known))).toEqual([]);
  });

  it.each(files)("%s has no Chinese of its own", (file) => {
    const source = readFileSync(join(src, file), "utf8");
    expect(source.match(/[\u4e00-\u9fff]+/g) ?? []).toEqual([]);
  });

  it("a screen's texts are its own", () => {
    const seen = new Map<string, string>(Object.keys(frame).map((k) => [k, "frame"]));
    for (const [folder, texts] of Object.entries(screens)) {
      for (const k of Object.keys(texts)) {
        expect(seen.get(k), `${k} in ${folder}`).toBeUndefined();
        seen.set(k, folder);
      }
    }
  });
});
