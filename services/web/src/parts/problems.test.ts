import { expect, it } from "vitest";
import { Problem, problemOf } from "../api/problem";
import { more, said } from "./problems";

it("case 17: the words of the server stand, whatever the code means elsewhere", () => {
  const answer = (code: string, title: string) => problemOf(new Response("", { status: 422 }), { code, title, detail: "缺照片" });
  for (const code of ["incomplete", "not_ready", "children_open", "unreadable", "server", "offline"]) {
    const p = answer(code, `服务说的 ${code}`);
    expect([said(p), more(p)]).toEqual([`服务说的 ${code}`, "缺照片"]);
  }
});

it("what the page found itself it says in its own words", () => {
  expect(said(new Problem({ status: 0, code: "offline" }))).toBe("网络不通，没有收到答复。请检查网络后重试。");
  expect(said(problemOf(new Response("<html>", { status: 502 }), "<html>"))).toBe("服务器的答复无法识别，请稍后重试。");
  expect(said(new Problem({ status: 503, code: "proxy_said", retryAfter: 2 }))).toContain("服务器出错了");
});
