import assert from "node:assert/strict";
import { test } from "node:test";

import { TypingPace } from "../../static/js/typing_pace.mjs";

test("text is sent after a pause, and during a long sentence no key waits longer than the limit", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  const pace = new TypingPace({ afterMs: 700, atMostMs: 1200, now: () => Date.now() });
  const keys = Array.from({ length: 50 }, (_, index) => index * 100);
  const sent = [];
  for (let now = 0; now < 8000; now += 100) {
    if (keys.includes(now)) pace.typed("comment", () => sent.push(Date.now()));
    mock.timers.tick(100);
  }
  const waits = keys.map((key) => sent.find((at) => at >= key) - key);
  assert.ok(Math.max(...waits) <= 1200, String(waits));
  assert.ok(sent.length <= 6, "not one request per key");
  assert.equal(pace.waits("comment"), false);
});

test("fields do not wait for each other, and a stopped clock sends nothing", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  const pace = new TypingPace({ afterMs: 700, atMostMs: 1200, now: () => Date.now() });
  const sent = [];
  pace.typed("a", () => sent.push("a"));
  pace.typed("b", () => sent.push("b"));
  pace.stop("a");
  mock.timers.tick(700);
  assert.deepEqual(sent, ["b"]);
});
