import { describe, expect, it } from "vitest";
import { readNumber, writeNumber } from "./numbers";

// Case 09.
describe("case 09: numbers as people type them", () => {
  it.each([
    ["100", 100],
    ["0", 0],
    ["007", 7],
    [" 12 ", 12],
    ["3.5", 3.5],
    [".5", 0.5],
    ["5.", 5],
    ["+5", 5],
    ["１２３", 123],
    ["３．５", 3.5],
    ["3。5", 3.5],
    ["１，２００", 1200],
    ["1,200", 1200],
    ["1,234,567.89", 1234567.89],
    ["1 200", 1200],
    ["1 200", 1200],
    ["3万", 30_000],
    ["3 万", 30_000],
    ["1.5万", 15_000],
    ["1.1万", 11_000],
    ["2亿", 200_000_000],
    ["３万", 30_000],
    ["1亿2000万", 120_000_000],
    ["3万5千", 35_000],
    ["3万5000", 35_000],
    ["1万200", 10_200],
    ["3千", 3000],
    ["5百", 500],
    ["3千万", 30_000_000],
    ["2万亿", 2e12],
    ["123456789012345", 123456789012345],
    ["0.1", 0.1],
    ["1.005", 1.005],
  ])("%s is %d", (typed, value) => {
    expect(readNumber(typed)).toEqual({ value });
  });

  it.each(["", "  ", "　"])("%j is nothing", (typed) => {
    expect(readNumber(typed)).toEqual({ value: undefined });
  });

  it.each([
    "-",
    "+",
    ".",
    ",",
    "万",
    "abc",
    "三万",
    "3x",
    "3万x",
    "x3",
    "1e5",
    "0x10",
    "Infinity",
    "NaN",
    "1,2",
    "1,23,456",
    "1,0000",
    "1.2.3",
    "12-13",
    "--5",
    "3万5",
    "3千5万",
    "3万50000",
    "5 6",
    "30%",
    "1/2",
    "10:30",
    "3万5万",
    "约30",
    "1 2 3",
  ])("%s is no number", (typed) => {
    expect(readNumber(typed)).toEqual({ wrong: "number.wrong" });
  });

  it("what is longer than is kept exactly is not taken", () => {
    expect(readNumber("12345678901234567")).toEqual({ wrong: "number.long" });
    expect(readNumber("0.1234567890123456")).toEqual({ wrong: "number.long" });
    expect(readNumber("9".repeat(400))).toEqual({ wrong: "number.long" });
  });

  it("keeps to its bounds, and says which", () => {
    expect(readNumber("-5")).toEqual({ value: -5 });
    expect(readNumber("－5.5")).toEqual({ value: -5.5 });
    expect(readNumber("−5", { min: 0 })).toEqual({ wrong: "number.negative" });
    expect(Object.is((readNumber("-0") as { value: number }).value, 0)).toBe(true);
    expect(readNumber("0", { min: 1 })).toEqual({ wrong: "number.least" });
    expect(readNumber("101", { max: 100 })).toEqual({ wrong: "number.most" });
    expect(readNumber("1.5", { whole: true })).toEqual({ wrong: "number.whole" });
    expect(readNumber("1.5万", { whole: true })).toEqual({ value: 15_000 });
    expect(readNumber("60%", { measure: "%" })).toEqual({ value: 60 });
    expect(readNumber("26 人", { measure: "人" })).toEqual({ value: 26 });
    expect(readNumber("人", { measure: "人" })).toEqual({ wrong: "number.wrong" });
  });

  it("is written so that it is read again", () => {
    expect([0.0000001, 30_000, 1234567.5, -2, undefined].map(writeNumber)).toEqual(["0.0000001", "30000", "1234567.5", "-2", ""]);
  });
});
