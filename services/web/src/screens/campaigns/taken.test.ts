import { describe, expect, it } from "vitest";
import { createApp, h, nextTick, reactive } from "vue";
import { i18n, useTexts } from "../../texts";
import RequirementsField from "./RequirementsField.vue";
import { suit } from "./requirements";
import { setAllowed, setTaken, takes, type Requirement } from "./taken";

const asked = (more: Partial<Requirement> = {}): Requirement => ({ kind: "document", title: "a", compulsory: true, ...more });

describe("which files are taken", () => {
  it("names kinds, and says nothing when none is left", () => {
    const r = asked();
    setTaken(r, "zip", true);
    setTaken(r, "pdf", true);
    expect(r.accept).toEqual(["zip", "pdf"]);
    setTaken(r, "zip", false);
    setTaken(r, "pdf", false);
    expect("accept" in r).toBe(false);
  });
  it("takes documents with macros exactly where macros are allowed", () => {
    const r = asked();
    setTaken(r, "word", true);
    setAllowed(r, "macros", true);
    expect(r.accept).toEqual(["docx", "doc", "wps", "docm"]);
    setTaken(r, "excel", true);
    expect(r.accept).toContain("xlsm");
    setAllowed(r, "macros", false);
    expect(r.accept!.filter((e) => e.endsWith("m"))).toEqual([]);
    expect("allow" in r).toBe(false);
  });
  it("keeps allowances apart", () => {
    const r = asked();
    setAllowed(r, "macros", true);
    setAllowed(r, "encrypted", true);
    setAllowed(r, "macros", false);
    expect(r.allow).toEqual(["encrypted"]);
    expect(r.accept).toBeUndefined();
  });
  it("shows a kind of which one ending is named", () => expect(takes(asked({ accept: ["png"] }), "pictures")).toBe(true));
  it("leaves neither on what takes no files", () => {
    const r = asked({ kind: "number", accept: ["zip"], allow: ["macros"] });
    suit(r);
    expect(r).toEqual(asked({ kind: "number" }));
  });
});

describe("the form of a requirement", () => {
  it("offers ZIP and what is allowed where files are given, and nowhere else", async () => {
    await useTexts("campaigns");
    const all = reactive<Requirement[]>([asked(), asked({ kind: "number", title: "b" })]);
    const root = document.createElement("div");
    const app = createApp({ render: () => h(RequirementsField, { modelValue: all }) });
    app.use(i18n).mount(root);
    const boxes = [...root.querySelectorAll<HTMLLabelElement>("details.taken label")];
    const box = (name: string): HTMLInputElement => boxes.find((l) => l.textContent!.includes(name))!.querySelector("input")!;
    expect(root.querySelectorAll("details.taken").length).toBe(1);
    for (const name of ["ZIP", i18n.global.t("allowance.macros"), i18n.global.t("allowance.encrypted")]) {
      box(name).checked = true;
      box(name).dispatchEvent(new Event("change"));
    }
    await nextTick();
    expect(all[0]).toMatchObject({ accept: ["zip"], allow: ["macros", "encrypted"] });
    expect(root.querySelector("details.taken summary")!.textContent).toContain("ZIP");
    const kind = root.querySelector("select")!;
    kind.value = "text";
    kind.dispatchEvent(new Event("change"));
    await nextTick();
    expect(all[0]).not.toHaveProperty("allow");
    expect(root.querySelector("details.taken")).toBeNull();
    app.unmount();
  });
});
