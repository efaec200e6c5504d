import { expect, it, vi } from "vitest";
import { createApp, h } from "vue";
import { noHeldKeys, shortcutOf, useShortcuts } from "./shortcuts";

const press = (init: KeyboardEventInit, target: EventTarget = document.body): KeyboardEvent => {
  const e = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(e);
  return e;
};

it("case 01: a key acts once for each press, and not while it is held, with another key or in a field", () => {
  const act = vi.fn();
  const root = document.body.appendChild(document.createElement("div"));
  const app = createApp({
    setup() {
      useShortcuts({ a: act, b: () => false });
      return () => [h("input"), h("textarea"), h("select"), h("button")];
    },
  });
  app.mount(root);
  expect(press({ key: "a" }).defaultPrevented).toBe(true);
  for (let i = 0; i < 20; i++) press({ key: "a", repeat: true });
  for (const with_ of ["ctrlKey", "metaKey", "altKey", "shiftKey", "isComposing"]) press({ key: "a", [with_]: true });
  for (const field of ["input", "textarea", "select"]) press({ key: "a" }, root.querySelector(field)!);
  expect(act).toHaveBeenCalledTimes(1);
  press({ key: "A" }, root.querySelector("button")!);
  expect(act, "with the capitals locked").toHaveBeenCalledTimes(2);
  expect(press({ key: "b" }).defaultPrevented, "left to the browser").toBe(false);
  expect(shortcutOf(new KeyboardEvent("keydown", { key: "ArrowRight" }))).toBe("ArrowRight");
  app.unmount();
  press({ key: "a" });
  expect(act).toHaveBeenCalledTimes(2);
});

it("case 01: a held Enter presses a button once", () => {
  noHeldKeys();
  const make = (html: string): Element => {
    document.body.innerHTML = html;
    return document.body.firstElementChild!;
  };
  const held = (key: string, html: string): boolean => press({ key, repeat: true }, make(html)).defaultPrevented;
  expect([held("Enter", "<button>"), held(" ", "<button>"), held("Enter", "<a href='/'>"), held("Enter", "<input>"), held(" ", "<input type=checkbox>")]).toEqual([true, true, true, true, true]);
  expect([held(" ", "<input>"), held("Enter", "<textarea>"), held("ArrowDown", "<button>"), press({ key: "Enter" }, make("<button>")).defaultPrevented]).toEqual([false, false, false, false]);
});
