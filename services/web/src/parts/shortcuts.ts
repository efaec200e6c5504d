// Keyboard shortcuts. A key that is held says nothing new: it acts once.
import { onBeforeUnmount, onMounted } from "vue";

const fields = "input, textarea, select, [contenteditable]:not([contenteditable=false])";

/** inDialog tells whether a dialogue stands before the page. */
const inDialog = (): boolean => [...document.querySelectorAll("[role=dialog]")].some((d) => d.getClientRects().length > 0);

/** shortcutOf is the key that was pressed by itself, meant for the page as a whole; undefined for all others. */
export function shortcutOf(e: KeyboardEvent): string | undefined {
  if (e.repeat || e.isComposing || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return undefined;
  if ((e.target instanceof Element && e.target.closest(fields)) || inDialog()) return undefined;
  return e.key.length === 1 ? e.key.toLowerCase() : e.key;
}

/** useShortcuts has keys act while a component is there; an act that answers false leaves the key to the browser. */
export function useShortcuts(acts: Record<string, () => unknown>): void {
  function pressed(e: KeyboardEvent): void {
    const key = shortcutOf(e);
    if (!key || !Object.hasOwn(acts, key) || acts[key]!() === false) return;
    e.preventDefault();
  }
  onMounted(() => window.addEventListener("keydown", pressed));
  onBeforeUnmount(() => window.removeEventListener("keydown", pressed));
}

/**
 * noHeldKeys keeps a held Enter or blank from pressing a button, following a
 * link or sending a form again and again.
 */
export function noHeldKeys(): void {
  window.addEventListener(
    "keydown",
    (e) => {
      if (!e.repeat || !(e.target instanceof Element) || e.target.closest("textarea, [contenteditable]:not([contenteditable=false])")) return;
      const typing = e.target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=file])");
      if (e.key === "Enter" || (e.key === " " && !typing)) e.preventDefault();
    },
    { capture: true },
  );
}
