// Numbers as people type them. What cannot be read in exactly one way is wrong,
// never nothing and never a part of what stands there.

/** Read is what a field holds: a number, nothing, or the key of the text that says what is wrong. */
export type Read = { value: number } | { value: undefined } | { wrong: string };

export interface Bounds {
  whole?: boolean | undefined;
  min?: number | undefined;
  max?: number | undefined;
  /** The measure, which may stand behind the number: "26 kg", "60%". */
  measure?: string | undefined;
}

// The Chinese units with the zeros each adds: ten, hundred, thousand, ten thousand (wan), hundred million (yi).
const zeros: Record<string, number> = { "\u5341": 1, "\u767e": 2, "\u5343": 3, "\u4e07": 4, "\u4ebf": 8 };
const plain = /^(?:\d+|\d{1,3}(?:[,\s]\d{3})+)?(?:\.\d*)?$/;
// A figure with its unit; more than one unit makes a product, as in three thousand wan.
const piece = /([\d.,\s]+?)\s*([\u5341\u767e\u5343\u4e07\u4ebf]+)\s*/y;

/** readNumber reads what somebody has typed; wan and yi, full-width signs and separators of thousands are known. */
export function readNumber(typed: string, bounds: Bounds = {}): Read {
  let s = typed
    .normalize("NFKC")
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/(?<=\d)。(?=\d)/g, ".")
    .replaceAll("、", ",")
    .trim();
  const measure = bounds.measure?.normalize("NFKC");
  if (measure && s.endsWith(measure) && s !== measure) s = s.slice(0, -measure.length).trim();
  if (!s) return { value: undefined };
  const minus = s.startsWith("-");
  const value = amount(s.replace(/^[+-]\s*/, ""));
  if (typeof value === "string") return { wrong: value };
  return inBounds(minus && value ? -value : value, bounds);
}

function inBounds(value: number, { whole, min, max }: Bounds): Read {
  if (whole && !Number.isInteger(value)) return { wrong: "number.whole" };
  if (min !== undefined && value < min) return { wrong: min === 0 ? "number.negative" : "number.least" };
  if (max !== undefined && value > max) return { wrong: "number.most" };
  return { value };
}

/** amount is a number without a sign, or the key of what is wrong with it. */
function amount(s: string): number | string {
  let sum = 0n;
  let places = 0;
  let above = Infinity;
  let at = 0;
  const add = (figure: string, shift: number): boolean => {
    const f = figure.trim();
    if (!plain.test(f) || !/\d/.test(f)) return false;
    const [whole = "", part = ""] = f.replace(/[,\s]/g, "").split(".");
    const scale = part.length - shift;
    const digits = BigInt(whole + part);
    const wanted = Math.max(places, scale, 0);
    sum = sum * 10n ** BigInt(wanted - places) + digits * 10n ** BigInt(wanted - scale);
    places = wanted;
    // What follows a unit must be smaller than it, and one figure after wan may be its thousands or its units.
    const size = whole.replace(/^0+/, "").length + shift;
    const fits = size <= above && !(above !== Infinity && shift === 0 && whole.length === 1);
    above = shift;
    return fits;
  };
  if (!s) return "number.wrong";
  if (s.length > 60) return "number.long";
  while (at < s.length) {
    piece.lastIndex = at;
    const m = piece.exec(s);
    const shift = m ? [...m[2]!].reduce((n, u) => n + zeros[u]!, 0) : 0;
    if (above === 0 || shift > 16 || !add(m ? m[1]! : s.slice(at), shift)) return "number.wrong";
    at = m ? piece.lastIndex : s.length;
  }
  // Beyond that a number would be kept as another one.
  if (sum.toString().replace(/0+$/, "").length > 15 || sum > 10n ** BigInt(15 + places)) return "number.long";
  return Number(`${sum}e-${places}`);
}

/** writeNumber is a number as a field shows it. */
export function writeNumber(n: number | undefined): string {
  return n === undefined ? "" : n.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 20 });
}

/** allRead tells whether every NumberField in a form holds what it may; the first that does not says so and has the focus. */
export function allRead(form: HTMLElement): boolean {
  const wrong = [...form.querySelectorAll<HTMLInputElement>("input[data-number]")].filter((f) => !f.checkValidity());
  wrong[0]?.focus();
  return !wrong.length;
}
