import { describe, expect, it } from "vitest";
import { handedOver, missing, nobody, together } from "./handOver";

describe("what hangs on who leaves", () => {
  it("is one list of several people, unknown where it is unknown of one", () => {
    expect(
      together([
        [
          { kind: "assignments", count: 2 },
          { kind: "draws", count: 0, unknown: true },
        ],
        [
          { kind: "assignments", count: 3 },
          { kind: "draws", count: 1 },
        ],
        [],
      ]),
    ).toEqual([
      { kind: "assignments", count: 5 },
      { kind: "draws", count: 1, unknown: true },
    ]);
  });
  it("needs a choice for each kind, and sends those of what is there", () => {
    const held = [
      { kind: "unit_contacts", count: 1 },
      { kind: "assignments", count: 3 },
    ] as const;
    expect(missing([...held], { assignments: "p1" })).toEqual(["unit_contacts"]);
    expect(missing([...held], { assignments: "p1", unit_contacts: nobody })).toEqual([]);
    expect(handedOver([...held], { assignments: "p1", unit_contacts: nobody, measures: "p2" })).toEqual([
      { kind: "unit_contacts", unassigned: true },
      { kind: "assignments", to_person_id: "p1" },
    ]);
    expect(handedOver([...held], {})).toEqual([]);
  });
});
