import { describe, expect, it } from "vitest";
import { createApp, h, nextTick, reactive } from "vue";
import { i18n, useTexts } from "../../texts";
import { headings, mostColumns, newColumn, pasteInto, suit, tidied } from "./requirements";
import RequirementsField from "./RequirementsField.vue";
import type { Requirement } from "./taken";

const asked = (more: Partial<Requirement> = {}): Requirement => ({ kind: "table", title: "设备清单", compulsory: true, ...more });

describe("columns of a table", () => {
  it("has a first one as soon as a table is asked for", () => {
    const r = asked({ measure: "台", text: "承诺" });
    suit(r);
    expect(r).toEqual(asked({ columns: [{ key: "c1", title: "", type: "text" }] }));
    r.kind = "pledge";
    suit(r);
    expect(r.columns).toBeUndefined();
  });
  it("keeps keys apart, also where one was taken out", () => {
    const columns = [newColumn([], "甲")];
    columns.push(newColumn(columns, "乙"), newColumn([...columns, { key: "c2", title: "", type: "text" }], "丙"));
    columns.splice(0, 1);
    columns.push(newColumn(columns, "丁"));
    expect(new Set(columns.map((c) => c.key)).size).toBe(columns.length);
  });
  it("takes the headings copied from a table, and one word as a word", () => {
    expect(headings("序号\t设备名称\t 责任人 \r\n")).toEqual(["序号", "设备名称", "责任人"]);
    expect(headings("序号\n设备名称")).toEqual(["序号", "设备名称"]);
    expect(headings("设备名称")).toEqual([]);
    const columns = [newColumn([], ""), { key: "x", title: "备注", type: "text" as const }];
    pasteInto(columns, 0, ["序号", "设备名称", "责任人"]);
    expect(columns.map((c) => c.title)).toEqual(["序号", "设备名称", "责任人", "备注"]);
    const full = Array.from({ length: mostColumns - 1 }, (_, i) => ({ key: `k${i}`, title: String(i), type: "text" as const }));
    pasteInto(full, 0, ["a", "b", "c"]);
    expect(full).toHaveLength(mostColumns);
  });
});

describe("what is sent", () => {
  it("has no column without a name, no emptied field, and a period with both ends", () => {
    const sent = tidied([asked({ register: "", columns: [newColumn([], "名称"), { key: "c2", title: " ", type: "day" }], period_from: "2026-08-01" })]);
    expect(sent).toEqual([asked({ columns: [{ key: "c1", title: "名称", type: "text" }], period_from: "2026-08-01", period_to: "2026-08-01" })]);
    expect(tidied([asked({ title: "" })])[0]!.title).toBe("");
  });
});

describe("the form", () => {
  it("lets a table have its columns, a pledge its wording, a number its least", async () => {
    await useTexts("campaigns");
    const all = reactive<Requirement[]>([asked({ kind: "number" })]);
    const root = document.createElement("div");
    const app = createApp({ render: () => h(RequirementsField, { modelValue: all }) });
    app.use(i18n).mount(root);
    const choose = async (kind: string): Promise<void> => {
      const select = root.querySelector("select")!;
      select.value = kind;
      select.dispatchEvent(new Event("change"));
      await nextTick();
    };
    expect([...root.querySelector("select")!.options].map((o) => o.value)).not.toContain("checklist");
    expect(root.textContent).toContain(i18n.global.t("requirement.minimum"));
    await choose("table");
    const column = root.querySelector<HTMLInputElement>(".columns input[type=text]")!;
    const paste = new Event("paste") as Event & { clipboardData?: unknown };
    paste.clipboardData = { getData: () => "序号\t设备名称" };
    column.dispatchEvent(paste);
    await nextTick();
    expect(all[0]!.columns!.map((c) => c.title)).toEqual(["序号", "设备名称"]);
    await choose("pledge");
    expect(all[0]).not.toHaveProperty("columns");
    const wording = root.querySelector("textarea")!;
    wording.value = "我单位承诺……";
    wording.dispatchEvent(new Event("input"));
    expect(all[0]!.text).toBe("我单位承诺……");
    app.unmount();
  });
});
