import { expect, it } from "vitest";
import { useTexts } from "../../texts";
import { duration } from "./duration";

it("shows minutes, hours and minutes, or hours", async () => {
  await useTexts("burden");
  expect([0, 45, 60, 125, 599, 600, 629, 631].map(duration)).toEqual(["0 分钟", "45 分钟", "1 小时 0 分", "2 小时 5 分", "9 小时 59 分", "10 小时", "10 小时", "11 小时"]);
});
