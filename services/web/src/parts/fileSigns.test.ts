import { describe, expect, it } from "vitest";
import { createApp, h } from "vue";
import type { Schemas } from "../api/client";
import { i18n } from "../texts";
import { ending, pictured, signs } from "./fileSigns";
import GivenFiles from "./GivenFiles.vue";

type File = Schemas["EvidenceFile"];
const file = (more: Partial<File> = {}): File => ({
  id: "f1",
  name: "a.jpg",
  size: 9,
  type: "image/jpeg",
  sha256: "0",
  unit_id: "u",
  unit_name: "u",
  preview: "ready",
  received_at: "2026-09-19T08:00:00Z",
  ...more,
});

describe("signs of a file", () => {
  it("has none for an ordinary one", () => expect(signs(file())).toEqual([]));
  it("has every hint and caution", () => {
    const all = signs(file({ hints: ["taken_before_campaign", "taken_far_from_unit"], cautions: ["macros"], preview: "too_long" })).map((s) => s.name);
    expect(all).toEqual(["macros", "taken_before_campaign", "taken_far_from_unit", "too_long"]);
  });
  it("puts malicious software first", () => expect(signs(file({ quarantine: "infected", hints: ["no_capture_time"] }))[0]).toEqual({ name: "infected", tone: "bad" }));
  it("has a text for each, in both languages", async () => {
    const en = (await import("../i18n/en.json")).default as Record<string, string>;
    const zh = (await import("../i18n/zh-CN.json")).default as Record<string, string>;
    const names = [
      ...signs(
        file({
          quarantine: "infected",
          deleted_at: "x",
          cautions: ["macros", "encrypted", "restricted", "objects", "links", "incomplete"],
          hints: ["taken_before_campaign", "no_capture_time", "taken_far_from_unit"],
          preview: "damaged",
        }),
      ),
      ...signs(file({ quarantine: "waiting", altered: true, preview: "too_long" })),
    ].map((s) => `file.sign.${s.name}`);
    expect(names.length).toBe(15);
    expect(names.filter((n) => !en[n] || !zh[n])).toEqual([]);
  });
});

describe("the files given", () => {
  function shown(...files: File[]): HTMLElement {
    const root = document.createElement("div");
    createApp({ render: () => h(GivenFiles, { files, large: true }) })
      .use(i18n)
      .mount(root);
    return root;
  }
  it("show a picture that was made of a kind no browser shows", () => {
    expect(pictured(file({ type: "image/heic" }))).toBe(true);
    expect(
      shown(file({ type: "image/heic" }))
        .querySelector("img")!
        .getAttribute("src"),
    ).toBe("/api/v1/files/f1/preview");
  });
  it("offer nothing of a file in quarantine, and say why", () => {
    const el = shown(file({ quarantine: "waiting", preview: "pending" }));
    expect(el.querySelector("a, img")).toBeNull();
    expect(el.textContent).toContain(i18n.global.t("file.sign.waiting"));
  });
  it("show a card for a document", () => {
    const el = shown(file({ name: "总结.docx", type: "application/msword", preview: "none" }));
    expect(el.querySelector(".card")!.textContent).toBe("DOCX");
    expect(ending("无")).toBe("");
  });
  it("tell the reviewer what is odd about a picture", () => {
    expect(shown(file({ hints: ["taken_far_from_unit"] })).querySelector("li li")!.textContent).toBe(i18n.global.t("file.sign.taken_far_from_unit"));
  });
});
